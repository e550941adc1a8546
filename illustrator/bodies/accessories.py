"""Hats, glasses and everything else worn on the head, in a head of radius 84 around (0, 0)."""

from collections.abc import Callable

from illustrator.bodies.faces import draw_glasses
from illustrator.colors import accent_of, darker, lighter
from illustrator.hours import GOLD
from illustrator.pen import Pen
from illustrator.scene import Color
from illustrator.surface import arc, blob, box, curve, ellipse, line, polygon, svg

OnHead = Callable[[Pen, Color], None]


def _brimmed(pen: Pen, color: Color, *, wide: float = 104, high: float = 62) -> None:
    pen.shape(
        svg(
            f"M-62 -58C-60 {-58 - high * 1.2} -40 {-62 - high} 2 {-62 - high}"
            f"C44 {-62 - high} 62 {-58 - high * 1.2} 66 -58z"
        ),
        color,
        form=7,
    )
    pen.fine().shape(svg("M-63 -60L-63 -76Q2 -62 66 -76L66 -60Q2 -46 -63 -60z"), accent_of(color), line=0)
    pen.shape(ellipse(2, -56, wide, 19), color, form=5)


def _straw(pen: Pen, color: Color) -> None:
    _brimmed(pen, color, wide=124, high=48)


def _top_hat(pen: Pen, color: Color) -> None:
    pen.shape(svg("M-54 -58L-62 -164Q2 -180 66 -164L58 -58z"), color, form=8)
    pen.fine().shape(polygon((-55, -66), (-57, -90), (61, -90), (59, -66)), accent_of(color), line=0)
    pen.shape(ellipse(2, -58, 94, 16), color)


def _pointed(pen: Pen, color: Color) -> None:
    pen.shape(svg("M-64 -56C-44 -110 -30 -150 26 -204C30 -196 24 -176 34 -160C40 -120 54 -84 66 -56z"), color, form=8)
    for x, y, r in ((-18, -92, 8), (18, -116, 6), (12, -76, 5), (4, -150, 5)):
        pen.fine().shape(ellipse(x, y, r), GOLD, line=0)
    pen.shape(ellipse(2, -54, 112, 20), color, form=5)


def _cap(pen: Pen, color: Color) -> None:
    pen.shape(svg("M-80 -40C-82 -100 -40 -114 2 -114C46 -114 84 -98 84 -40Q2 -58 -80 -40z"), color, form=7)
    pen.shape(svg("M4 -50Q70 -64 124 -36Q110 -24 84 -30Q40 -40 4 -32z"), darker(color, 0.3))
    pen.fine().shape(ellipse(8, -74, 13), accent_of(color), line=0)


def _beret(pen: Pen, color: Color) -> None:
    pen.shape(blob((-96, -52), (-70, -112), (20, -124), (92, -92), (84, -54), (0, -66)), color, form=8)
    pen.bar(line((6, -116), (10, -130)), color, 8)


def _beanie(pen: Pen, color: Color) -> None:
    pen.shape(svg("M-80 -36C-82 -104 -42 -118 2 -118C46 -118 84 -104 84 -36z"), color, form=8)
    pen.shape(box(-88, -56, 180, 30, 14), accent_of(color), line=0.9)
    pen.shape(ellipse(2, -124, 21), accent_of(color), line=0.9)


def _helmet(pen: Pen, color: Color) -> None:
    plume = (-6, -104), (-34, -150), (30, -168), (86, -120), (96, -60), (66, -86), (14, -102)
    pen.shape(blob(*plume), (204, 66, 72), form=5, line=0.9)
    pen.shape(
        svg(
            "M-92 44C-104 -84 -52 -108 2 -108C56 -108 108 -84 98 44Q92 58 74 50Q82 -10 66 -36"
            "Q2 -54 -60 -36Q-76 -10 -68 50Q-86 58 -92 44z"
        ),
        color,
        form=9,
    )
    fine = pen.fine()
    fine.mark(curve((-66, -42), (2, -62), (72, -42)), darker(color, 0.35), 8)
    fine.mark(line((2, -106), (2, -54)), darker(color, 0.3), 7)
    for x in (-44, -22, 26, 48):
        fine.shape(ellipse(x, -50 + abs(x - 2) * 0.12, 3.4), lighter(color, 0.6), line=0)
    fine.glaze(ellipse(-40, -80, 20, 12), (255, 255, 255), 0.45)


def _hood(pen: Pen, color: Color) -> None:
    pen.shape(
        svg(
            "M-100 64C-116 -60 -64 -112 2 -114C70 -112 118 -60 104 64Q92 80 74 70C92 -20 60 -54 2 -56"
            "C-56 -54 -86 -20 -70 70Q-88 80 -100 64z"
        ),
        color,
        form=8,
    )


def _wrap(pen: Pen, color: Color) -> None:
    _hood(pen, color)
    pen.shape(blob((-78, 64), (0, 92), (82, 64), (74, 98), (0, 116), (-72, 98)), darker(color, 0.1))


def _turban(pen: Pen, color: Color) -> None:
    pen.shape(blob((-98, -40), (-84, -108), (0, -128), (92, -108), (100, -40), (0, -58)), color, form=8)
    for y in (-64, -84, -104):
        pen.fine().mark(curve((-84, y + 16), (6, y - 20), (88, y + 20)), darker(color, 0.28), 4)
    pen.shape(ellipse(6, -74, 13), GOLD, line=0.8)


def _chef(pen: Pen, color: Color) -> None:
    pen.shape(blob((-66, -70), (-100, -130), (-50, -166), (4, -150), (58, -166), (104, -128), (70, -70)), color, form=8)
    pen.shape(box(-64, -86, 134, 40, 8), darker(color, 0.06), line=0.9)


def _nightcap(pen: Pen, color: Color) -> None:
    pen.shape(svg("M-80 -36C-78 -120 -10 -140 60 -120Q110 -100 118 -40Q92 -76 78 -66L84 -36z"), color, form=8)
    pen.shape(box(-88, -54, 180, 28, 14), accent_of(color), line=0.9)
    pen.shape(ellipse(116, -34, 18), accent_of(color), line=0.9)


def _bonnet(pen: Pen, color: Color) -> None:
    _hood(pen, color)
    pen.bar(curve((-30, 84), (4, 72), (40, 86)), darker(color, 0.25), 10)


def _graduation(pen: Pen, color: Color) -> None:
    pen.shape(svg("M-66 -44L-62 -84L66 -84L70 -44Q2 -60 -66 -44z"), color)
    pen.shape(polygon((-112, -94), (2, -132), (116, -94), (2, -60)), color, form=5)
    pen.bar(curve((2, -96), (70, -86), (84, -40)), GOLD, 6)


def _crown(pen: Pen, color: Color) -> None:
    pen.shape(polygon((-56, -58), (-66, -124), (-32, -94), (2, -136), (36, -94), (70, -124), (60, -58)), color, form=6)
    for x, stone in ((-32, (214, 66, 84)), (2, (72, 150, 214)), (36, (92, 186, 120))):
        pen.fine().shape(ellipse(x, -74, 8), stone, line=0)


def _tiara(pen: Pen, color: Color) -> None:
    pen.shape(svg("M-66 -58Q-34 -82 -20 -82L2 -116L24 -82Q40 -82 70 -58Q2 -84 -66 -58z"), color, line=0.8)
    pen.fine().shape(ellipse(2, -90, 8), (232, 92, 140), line=0)


def _flowers(pen: Pen, color: Color) -> None:
    for index, x in enumerate((-74, -48, -18, 14, 46, 74)):
        y = -62 - (30 - abs(x) * 0.3)
        pen.shape(ellipse(x, y, 17), color if index % 2 else lighter(color, 0.5), line=0.8)
        pen.fine().shape(ellipse(x, y, 6), GOLD, line=0)


def _headband(pen: Pen, color: Color) -> None:
    pen.bar(curve((-82, -34), (0, -76), (84, -34)), color, 15)


def _hair_bow(pen: Pen, color: Color) -> None:
    for side in (-1, 1):
        pen.shape(blob((46, -82), (46 + side * 46, -112), (46 + side * 52, -66)), color, form=4)
    pen.shape(ellipse(46, -84, 12), darker(color, 0.2))


def _headphones(pen: Pen, color: Color) -> None:
    pen.bar(arc(0, 0, 94, 100, 188, 352), color, 11)
    for side in (-1, 1):
        pen.shape(box(side * 92 - 16, -20, 32, 56, 14), color, form=5)


def _antenna(pen: Pen, color: Color) -> None:
    for side in (-1, 1):
        pen.bar(curve((side * 24, -80), (side * 30, -112), (side * 50, -130)), darker(color, 0.3), 6)
        pen.shape(ellipse(side * 52, -134, 12), color)


def _earrings(pen: Pen, color: Color) -> None:
    for side in (-1, 1):
        pen.shape(ellipse(side * 84, 42, 9), color, line=0.7)


def _sunglasses(pen: Pen, color: Color) -> None:
    for side in (-1, 1):
        pen.shape(
            svg(
                f"M{side * 32 + 5 - 25} -10L{side * 32 + 5 + 25} -10"
                f"Q{side * 32 + 31} 28 {side * 32 + 5} 28Q{side * 32 - 21} 28 {side * 32 + 5 - 25} -10z"
            ),
            darker(color, 0.4),
            line=0.7,
        )
    pen.fine().mark(line((-10, -6), (20, -6)), color, 6)


def _goggles(pen: Pen, color: Color) -> None:
    """Draw goggles pushed up on the brow, so that the eyes stay visible."""
    pen.bar(curve((-84, -40), (0, -62), (86, -40)), darker(color, 0.35), 13)
    for side in (-1, 1):
        pen.shape(ellipse(side * 31 + 4, -56, 26, 23), color, line=0.9)
        pen.fine().shape(ellipse(side * 31 + 4, -56, 16, 14), (190, 226, 240), line=0)


def _horn(pen: Pen, color: Color) -> None:
    """Draw a unicorn's horn."""
    pen.shape(polygon((-16, -66), (4, -158), (24, -66)), color, form=4)
    for y, half in ((-84, 14), (-104, 10), (-124, 6)):
        pen.fine().mark(line((4 - half, y + 5), (4 + half, y - 5)), darker(color, 0.25), 4)


def _monocle(pen: Pen, color: Color) -> None:
    pen.fine().mark(ellipse(35, 8, 22), color, 5)
    pen.fine().mark(curve((56, 14), (74, 60), (64, 96)), color, 3)


def _eye_patch(pen: Pen, color: Color) -> None:
    pen.fine().mark(line((-84, -26), (64, -14), (84, 4)), darker(color, 0.3), 5)
    pen.shape(blob((16, -14), (56, -14), (52, 26), (35, 34), (18, 24)), darker(color, 0.3), line=0.6)


def _mask(pen: Pen, color: Color) -> None:
    """Draw a mask around the eyes, which are drawn over it."""
    pen.shape(blob((-72, -18), (5, -12), (82, -18), (76, 30), (5, 22), (-66, 30)), color, line=0.7)


def _glasses(pen: Pen, color: Color) -> None:
    draw_glasses(pen.fine(), color, 8)


BELOW_EYES: dict[str, OnHead] = {"mask": _mask}
ON_HEAD: dict[str, OnHead] = {
    "glasses": _glasses,
    "sunglasses": _sunglasses,
    "monocle": _monocle,
    "eye patch": _eye_patch,
    "earrings": _earrings,
    "headphones": _headphones,
    "hair bow": _hair_bow,
    "headband": _headband,
    "flower crown": _flowers,
    "bonnet": _bonnet,
    "turban": _turban,
    "head wrap": _wrap,
    "hood": _hood,
    "nightcap": _nightcap,
    "beanie": _beanie,
    "cap": _cap,
    "beret": _beret,
    "straw hat": _straw,
    "hat": _brimmed,
    "top hat": _top_hat,
    "chef's hat": _chef,
    "pointed hat": _pointed,
    "graduation cap": _graduation,
    "tiara": _tiara,
    "crown": _crown,
    "helmet": _helmet,
    "goggles": _goggles,
    "antenna": _antenna,
    "horn": _horn,
}
