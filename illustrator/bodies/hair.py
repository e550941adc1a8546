"""Hair, behind the head and over it, in a head of radius 84 around (0, 0)."""

from illustrator.colors import darker, lighter
from illustrator.pen import Pen
from illustrator.scene import Age, Color, Hair, Look
from illustrator.surface import Path, blob, curve, ellipse, joined, svg

_CAP = "M-88 4C-96 -66 -50 -96 4 -94C58 -94 98 -62 88 6C80 -8 76 -20 72 -32{fringe}C-62 -30 -78 -16 -88 4z"
_FRINGES = {
    "swept": "C40 -34 0 -44 -22 -62C-30 -46 -46 -36 -66 -32",
    "parted": "C50 -30 22 -46 6 -66C-12 -46 -40 -34 -66 -30",
    "straight": "C66 -26 40 -22 20 -26C0 -22 -30 -22 -66 -28",
}


def draw_hair_behind(pen: Pen, look: Look, sway: float) -> None:
    """Draw long hair, braids, tails and buns, which swing back by `sway`."""
    color, kind = look.hair_color, look.hair
    if kind is Hair.LONG:
        mane = (
            (-92, -30),
            (-104 - sway, 60),
            (-88 - sway, 128),
            (-20 - sway, 134),
            (40 - sway, 132),
            (92 - sway / 2, 124),
        )
        pen.shape(blob(*mane, (98, 40), (92, -34), (0, -104)), darker(color, 0.16), form=10)
    elif kind is Hair.PONYTAIL:
        tail = (-60, -70), (-118 - sway, -64), (-134 - sway, 10), (-112 - sway, 74), (-92, 6), (-62, -20)
        pen.shape(blob(*tail), color, form=8)
    elif kind is Hair.BUN:
        pen.shape(ellipse(-4, -98, 36, 32), color, form=8)
    elif kind is Hair.CURLY:
        curls = [ellipse(x, y, r) for x, y, r in ((-74, -34, 42), (76, -30, 42), (-80, 14, 32), (82, 16, 32))]
        pen.shape(joined(ellipse(0, -40, 92, 70), *curls), darker(color, 0.1))


def draw_hair_over(pen: Pen, look: Look, variant: int) -> None:
    """Draw the hair on the skull, with the fringe of the seed's `variant`."""
    color, kind = look.hair_color, look.hair
    if kind is Hair.NONE:
        return
    if kind is Hair.CURLY:
        pen.shape(_curls(), color, form=9)
        return
    if kind is Hair.SPIKY:
        pen.shape(svg(_SPIKES), color, form=8)
        return
    fringe = ("swept", "parted", "straight")[variant % 3] if kind is not Hair.BUN else "parted"
    pen.shape(svg(_CAP.format(fringe=_FRINGES[fringe])), color, form=9)
    pen.fine().mark(curve((-40, -74), (-8, -86), (30, -78)), lighter(color, 0.45), 5, opacity=0.7)
    if kind is Hair.BRAIDS:
        for side in (-1, 1):
            _draw_braid(pen, side, color)
    if kind is Hair.LONG:
        for side in (-1, 1):
            lock = (side * 88, -20), (side * 98, 30), (side * 90, 84), (side * 74, 60), (side * 72, 4)
            pen.shape(blob(*lock), color)


_SPIKES = (
    "M-90 6C-96 -30 -104 -52 -84 -60L-92 -96L-58 -84L-50 -122L-20 -94L6 -130L24 -94L62 -116L60 -82"
    "L98 -86L84 -50C100 -40 94 -16 88 6L72 -30L48 -26L34 -44L14 -24L-6 -46L-26 -24L-44 -40L-62 -20L-76 -26z"
)


def _curls() -> Path:
    around = (
        (-80, -18),
        (-72, -58),
        (-40, -86),
        (2, -94),
        (42, -84),
        (72, -56),
        (82, -16),
        (40, -54),
        (-42, -56),
        (0, -58),
    )
    return joined(*[ellipse(x, y, 31) for x, y in around])


def _draw_braid(pen: Pen, side: int, color: Color) -> None:
    for index in range(4):
        x, y = side * (84 + 5 * index - 3 * index * index / 2), 12 + 31 * index
        pen.shape(ellipse(x, y, 20 - 1.6 * index, 21), color, form=5, line=0.8)
    x, y = side * 85, 132
    pen.shape(blob((x - 12, y - 6), (x + 12, y - 6), (x + 16, y + 18), (x, y + 26), (x - 16, y + 18)), color, line=0.8)
    pen.shape(ellipse(x, y - 4, 13, 7), (214, 72, 80), line=0.7)


def draw_beard(pen: Pen, look: Look) -> None:
    """Draw a full beard around the mouth."""
    color = look.hair_color
    size = 1.0 if look.age is Age.ELDER else 0.86
    path = svg(
        f"M-80 8C-84 {64 * size} -52 {128 * size} 6 {134 * size}C60 {128 * size} 90 {64 * size} 82 8"
        "C72 26 52 24 34 22C18 14 -6 14 -22 22C-42 26 -66 26 -80 8z"
    )
    pen.shape(path, color, form=9)
    for x, depth in ((-24, 92), (8, 104), (38, 90)):
        pen.fine().mark(curve((x, 66), (x + 3, 80), (x + 1, depth * size)), darker(color, 0.2), 3.5, opacity=0.6)


def draw_moustache(pen: Pen, look: Look) -> None:
    """Draw a moustache that leaves the mouth visible."""
    pen.shape(
        svg("M4 26C-10 16 -38 20 -46 36C-30 40 -10 40 4 32C18 40 42 40 56 34C46 18 20 16 4 26z"),
        look.hair_color,
        line=0.8,
    )
