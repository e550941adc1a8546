"""Neckwear, capes, bags, straps and sashes, which are worn around the trunk and are not its clothing."""

from illustrator.colors import INK, accent_of, darker, mix
from illustrator.hours import GOLD
from illustrator.pen import Pen
from illustrator.scene import Color
from illustrator.surface import blob, box, curve, ellipse, line, polygon, svg


def draw_on_neck(pen: Pen, kind: str, color: Color) -> None:
    """Draw neckwear, in a frame around the neck that is scaled with the head."""
    if kind == "scarf":
        pen.shape(svg("M-34 18C-52 60 -58 92 -66 118L-28 124C-24 92 -14 60 -4 30z"), darker(color, 0.08), form=5)
        pen.shape(blob((-66, -12), (0, 6), (68, -12), (70, 24), (0, 42), (-68, 24)), color, form=7)
    elif kind in {"neckerchief", "ribbon", "bow tie"}:
        if kind == "neckerchief":
            pen.shape(svg("M-50 -2Q4 18 56 -2L10 56z"), color, form=5)
        else:
            for side in (-1, 1):
                pen.shape(blob((4, 14), (4 + side * 40, -6), (4 + side * 42, 34)), color, form=4)
            pen.shape(ellipse(4, 14, 10), darker(color, 0.2))
    elif kind == "tie":
        pen.shape(polygon((-6, 6), (14, 6), (10, 20), (20, 76), (4, 92), (-12, 76), (-2, 20)), color, form=4)
    else:
        pen.bar(curve((-46, -4), (4, 38), (52, -4)), color, 8 if kind == "collar" else 6, line=0.7)
        if kind != "collar":
            pen.shape(ellipse(4, 30, 13 if kind == "bell" else 11), GOLD if kind == "bell" else color, line=0.8)
        if kind == "bell":
            pen.fine().shape(ellipse(4, 35, 4), INK, line=0)


def draw_on_back(pen: Pen, kind: str, color: Color, sway: float, reach: float) -> None:
    """Draw what hangs behind the trunk, in the trunk's frame scaled with the body; a cape hangs down to `reach`."""
    if kind == "cape":
        cape = (
            f"M-44 -112Q0 -126 46 -112C{72 - sway} -40 {84 - sway} {reach * 0.4} {78 - sway} {reach}"
            f"Q{20 - sway} {reach + 16} {-78 - sway} {reach + 2}C-86 {reach * 0.25} -66 -50 -44 -112z"
        )
        pen.shape(svg(cape), color, form=10)
    elif kind == "backpack":
        pen.shape(box(-82, -112, 108, 118, 30), color, form=9)
        pen.shape(box(-88, -40, 40, 46, 14), darker(color, 0.2), line=0.8)
    elif kind == "quiver":
        for x in (-70, -58, -46):
            pen.bar(line((x + 30, -60), (x - 6, -150)), (222, 196, 150), 5, line=0.6)
        pen.bar(line((-58, -118), (-10, -20)), color, 32)
    elif kind == "wings":
        for side in (-1, 1):
            pen.shape(
                blob(
                    (side * 10, -76),
                    (side * 70, -168),
                    (side * 144, -142),
                    (side * 116, -70),
                    (side * 96, -16),
                    (side * 16, -52),
                ),
                mix(color, (255, 255, 255), 0.3),
                form=6,
            )


def draw_on_front(pen: Pen, kind: str, color: Color) -> None:
    """Draw straps, sashes and the like before the trunk, in its frame scaled with the body."""
    if kind == "backpack":
        for x in (-32, 34):
            pen.bar(line((x, -104), (x * 0.9, -34)), darker(color, 0.12), 11, line=0.8)
    elif kind == "satchel":
        pen.bar(line((38, -106), (-34, 0)), darker(color, 0.25), 9, line=0.8)
        pen.shape(box(-72, -18, 66, 50, 12), color, form=5)
        pen.shape(svg("M-74 -18L-4 -18L-10 8Q-38 20 -68 8z"), darker(color, 0.14), line=0.8)
    elif kind == "sash":
        pen.bar(line((-38, -102), (40, -4)), color, 19, line=0.8)
    elif kind == "saddle":
        pen.shape(blob((-56, -54), (0, -64), (58, -54), (62, 0), (0, 12), (-60, 0)), color, form=6)
        for x in (-30, 4, 38):
            pen.fine().mark(line((x, -56), (x, 4)), accent_of(color), 8)
    elif kind == "cape":
        pen.bar(curve((-40, -108), (2, -92), (44, -108)), darker(color, 0.15), 15)
        pen.shape(ellipse(2, -98, 9), GOLD, line=0.7)
    elif kind == "tail ribbon":
        pen.shape(ellipse(-54, -4, 12), color, line=0.8)
