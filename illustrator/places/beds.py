"""A bed seen from its foot: headboard and pillows behind the figure in it, blanket and foot before it."""

from collections.abc import Sequence

from illustrator.colors import darker, lighter
from illustrator.hours import DARK_WOOD, WOOD
from illustrator.pen import Pen
from illustrator.scene import Color
from illustrator.surface import box, curve, ellipse, line, polygon, svg

BED_HEIGHT, BED_WIDTH = 350.0, 245.0
"""Height and width of a bed for one adult."""
_TUCKED_IN, _TURNED_DOWN = 190.0, 126.0
_LINEN: Color = (250, 247, 240)


def draw_bed(pen: Pen, width: float, pillows: Sequence[float]) -> None:
    """Draw headboard, mattress and pillows, with the foot of the bed at (0, 0)."""
    half = width / 2
    for side in (-1, 1):
        pen.shape(box(side * (half + 2) - 14, -330, 28, 330, 8), DARK_WOOD)
        pen.shape(ellipse(side * (half + 2), -334, 19), WOOD)
    board = svg(
        f"M{-half} -60V-300Q{-half * 0.5} -312 {-half * 0.4} -340Q0 -386 {half * 0.4} -340"
        f"Q{half * 0.5} -312 {half} -300V-60z"
    )
    pen.shape(board, WOOD, form=8)
    pen.fine().mark(line((-half + 20, -278), (half - 20, -278)), darker(WOOD, 0.25), 5)
    pen.shape(
        polygon((-half + 8, -236), (half - 8, -236), (half + 6, -50), (-half - 6, -50)), darker(_LINEN, 0.06), line=0.8
    )
    for x in pillows:
        pen.shape(box(x - 96, -304, 192, 104, 46), _LINEN, form=8)
        for side in (-1, 1):
            crease = curve((x + side * 84, -222), (x + side * 70, -236), (x + side * 60, -240))
            pen.fine().mark(crease, darker(_LINEN, 0.16), 3.5)


def draw_covers(pen: Pen, width: float, color: Color, *, is_made: bool) -> None:
    """Draw blanket, sheet and footboard; the blanket is turned down to the lap unless everyone in bed lies."""
    half, top = width / 2 + 8, -(_TUCKED_IN if is_made else _TURNED_DOWN)
    blanket = svg(
        f"M{-half} {top}Q0 {top - 18} {half} {top}C{half + 20} -120 {half + 16} -70 {half + 8} -24"
        f"H{-half - 8}C{-half - 16} -70 {-half - 20} -120 {-half} {top}z"
    )
    pen.shape(blanket, color, form=9)
    fine = pen.fine()
    with pen.surface.within(blanket):
        for share in (-0.6, -0.2, 0.2, 0.6):
            fine.mark(curve((half * share, top - 20), (half * share * 1.12, -20)), lighter(color, 0.4), 7, opacity=0.75)
        for y in (-146, -94):
            fine.mark(curve((-half - 30, y + 6), (0, y - 8), (half + 30, y + 6)), lighter(color, 0.4), 7, opacity=0.75)
    sheet = svg(
        f"M{-half - 4} {top - 4}Q0 {top - 24} {half + 4} {top - 4}L{half + 9} {top + 20}"
        f"Q0 {top + 2} {-half - 9} {top + 20}z"
    )
    pen.shape(sheet, _LINEN, line=0.9)
    pen.shape(box(-half - 4, -54, 2 * half + 8, 46, 14), WOOD, form=6)
    fine.mark(line((-half + 22, -32), (half - 22, -32)), darker(WOOD, 0.25), 5)
    for side in (-1, 1):
        pen.shape(box(side * (half + 2) - 14, -66, 28, 66, 8), DARK_WOOD)
        pen.shape(ellipse(side * (half + 2), -70, 18), WOOD)
