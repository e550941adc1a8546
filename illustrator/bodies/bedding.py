"""The blanket of a figure that lies on the ground or on a sofa, up to the chest, in the frame of the body."""

from illustrator.bodies.skeleton import Skeleton
from illustrator.colors import darker, lighter
from illustrator.pen import Pen
from illustrator.scene import Color
from illustrator.surface import curve, svg


def draw_blanket(pen: Pen, skeleton: Skeleton, color: Color) -> None:
    """Draw a blanket from the chest to beyond the feet."""
    size, wide = skeleton.size, 72 * skeleton.breadth
    top, bottom = skeleton.shoulders[1] + 40 * size, 30 * size
    path = svg(
        f"M{-wide} {top}Q0 {top - 12 * size} {wide} {top}C{wide * 1.1} {top * 0.5} {wide * 0.9} {top * 0.2}"
        f" {wide * 0.86} {bottom - 16}Q{wide * 0.8} {bottom} {wide * 0.6} {bottom}H{-wide * 0.7}"
        f"Q{-wide * 0.96} {bottom} {-wide * 0.96} {bottom - 16}"
        f"C{-wide} {top * 0.3} {-wide * 1.04} {top * 0.6} {-wide} {top}z"
    )
    pen.shape(path, color, form=8)
    with pen.surface.within(path):
        fine = pen.fine()
        for share in (0.3, 0.56, 0.82):
            y = top + (bottom - top) * share
            stripe = curve((-wide * 1.2, y), (0, y - 9 * size), (wide * 1.2, y))
            fine.mark(stripe, lighter(color, 0.45), 9 * size, opacity=0.75)
        hem = curve((-wide * 1.2, top + 4), (0, top - 6 * size), (wide * 1.2, top + 4))
        fine.mark(hem, darker(lighter(color, 0.8), 0.05), 22 * size)
