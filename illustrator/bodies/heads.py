"""Heads of people, of robots and of each kind of animal, of radius 84 around (0, 0), without hair, hat and mood."""

import math
from collections.abc import Callable

from illustrator.colors import INK, darker, lighter, mix
from illustrator.pen import Pen
from illustrator.scene import Color, Look, Species
from illustrator.surface import Path, blob, box, curve, ellipse, joined, polygon, svg

Painter = Callable[[Pen, Look], None]
_PINK: Color = (246, 164, 164)
_SKULL = "M-84 4C-86 -52 -50 -84 0 -84C50 -84 86 -52 84 4C84 40 62 {jaw} 4 {jaw}C-62 {jaw} -84 40 -84 4z"


def draw_head(pen: Pen, look: Look) -> None:
    """Draw ears, skull and muzzle."""
    _HEADS[look.species](pen, look)


def _skull(jaw: float = 78) -> Path:
    return svg(_SKULL.format(jaw=jaw))


def _human(pen: Pen, look: Look) -> None:
    for side in (-1, 1):
        pen.shape(ellipse(side * 83, 14, 15, 18), look.skin)
        pen.fine().shape(ellipse(side * 83, 15, 7, 9), darker(look.skin, 0.14), line=0)
    pen.shape(_skull(), look.skin, form=9)
    pen.fine().mark(curve((4, 20), (12, 25), (4, 28)), darker(look.skin, 0.34), 4)


def _robot(pen: Pen, look: Look) -> None:
    for side in (-1, 1):
        pen.shape(box(side * 92 - 13, -22, 26, 56, 9), look.accent, line=0.9)
    pen.bar(curve((0, -84), (0, -112)), darker(look.skin, 0.3), 8)
    pen.shape(ellipse(0, -120, 15), look.accent)
    pen.shape(box(-88, -86, 176, 164, 42), look.skin, form=10)
    pen.shape(box(-68, -46, 136, 104, 28), lighter(look.skin, 0.62), line=0.8)


def _pointed_ears(pen: Pen, look: Look, *, width: float = 1.0, tip: float = 128) -> None:
    for side in (-1, 1):
        ear = svg(
            f"M{side * 82} -22Q{side * 88 * width} -{tip - 24} {side * 68 * width} -{tip}"
            f"Q{side * 34} -{tip - 26} {side * 18} -70z"
        )
        pen.shape(ear, look.skin)
        inner = svg(
            f"M{side * 70} -52Q{side * 74 * width} -{tip - 34} {side * 64 * width} -{tip - 22}"
            f"Q{side * 46} -{tip - 38} {side * 38} -72z"
        )
        pen.fine().shape(inner, mix(_PINK, darker(look.skin, 0.5), 0.3), line=0)


def _round_ears(pen: Pen, look: Look, radius: float, x: float, y: float) -> None:
    for side in (-1, 1):
        pen.shape(ellipse(side * x, y, radius), look.skin)
        pen.fine().shape(ellipse(side * x, y + 2, radius * 0.58), mix(_PINK, look.skin, 0.25), line=0)


def _muzzle(
    pen: Pen, look: Look, *, wide: float = 40, y: float = 38, nose: Color = INK, nose_size: float = 1.0
) -> None:
    pen.fine().shape(ellipse(5, y, wide, 30), look.accent, line=0)
    k = nose_size
    pen.fine().shape(blob((5 - 15 * k, 17), (5 + 15 * k, 17), (5 + 9 * k, 29), (5, 34), (5 - 9 * k, 29)), nose, line=0)


def _fox(pen: Pen, look: Look) -> None:
    _pointed_ears(pen, look)
    pen.shape(
        svg(
            "M-90 18C-92 -50 -52 -82 0 -82C52 -82 92 -50 90 18L100 40L78 46C56 78 28 82 4 82"
            "C-28 82 -56 78 -78 46L-100 40z"
        ),
        look.skin,
        form=9,
    )
    mask = svg(
        "M-92 36C-66 14 -44 22 -22 30C-8 18 18 18 30 30C50 22 70 14 92 36C70 72 34 80 4 80C-32 80 -66 72 -92 36z"
    )
    pen.fine().shape(mask, look.accent, line=0)
    pen.fine().shape(blob((-11, 19), (21, 19), (15, 31), (5, 36), (-5, 31)), INK, line=0)


def _cat(pen: Pen, look: Look) -> None:
    _pointed_ears(pen, look, tip=122)
    pen.shape(_skull(76), look.skin, form=9)
    for x in (-22, 0, 22):
        pen.fine().mark(curve((x, -80), (x * 0.9, -62), (x * 0.8, -52)), darker(look.skin, 0.3), 7)
    _muzzle(pen, look, wide=34, nose=(226, 122, 128), nose_size=0.75)
    for side in (-1, 1):
        for lift in (-4, 8):
            pen.fine().mark(
                curve((side * 46 + 5, 38 + lift / 2), (side * 70 + 5, 36 + lift), (side * 96, 32 + lift * 2)),
                INK,
                2.4,
                opacity=0.65,
            )


def _wolf(pen: Pen, look: Look) -> None:
    _pointed_ears(pen, look, width=0.94, tip=132)
    _fox(pen, look)


def _dog(pen: Pen, look: Look) -> None:
    pen.shape(_skull(80), look.skin, form=9)
    for side in (-1, 1):
        ear = (side * 48, -84), (side * 98, -64), (side * 122, 20), (side * 96, 64), (side * 74, 8)
        pen.shape(blob(*ear), darker(look.skin, 0.28), form=5)
    _muzzle(pen, look, wide=42, y=40, nose_size=1.2)


def _bear(pen: Pen, look: Look) -> None:
    _round_ears(pen, look, 32, 66, -62)
    pen.shape(_skull(80), look.skin, form=9)
    _muzzle(pen, look, wide=44, y=40, nose_size=1.25)


def _rabbit(pen: Pen, look: Look) -> None:
    for side in (-1, 1):
        with pen.surface.moved(side * 36, -66, turn=side * 11):
            pen.shape(ellipse(0, -58, 25, 74), look.skin, form=5)
            pen.fine().shape(ellipse(0, -54, 12, 54), _PINK, line=0)
    pen.shape(_skull(78), look.skin, form=9)
    _muzzle(pen, look, wide=34, nose=(232, 128, 140), nose_size=0.75)


def _mouse(pen: Pen, look: Look) -> None:
    _round_ears(pen, look, 50, 76, -60)
    pen.shape(_skull(78), look.skin, form=9)
    _muzzle(pen, look, wide=32, nose=(226, 110, 120), nose_size=0.9)


def _owl(pen: Pen, look: Look) -> None:
    pen.shape(
        svg(
            "M-86 8C-88 -30 -84 -60 -90 -104C-62 -94 -46 -84 0 -84C46 -84 62 -94 90 -104"
            "C84 -60 88 -30 86 8C80 54 50 78 0 78C-50 78 -80 54 -86 8z"
        ),
        look.skin,
        form=9,
    )
    pen.fine().shape(joined(ellipse(-30, 8, 42), ellipse(38, 8, 42)), look.accent, line=0)


def _bird(pen: Pen, look: Look) -> None:
    pen.shape(blob((-6, -84), (-18, -116), (-34, -104), (-22, -78)), look.skin)
    pen.shape(blob((4, -82), (8, -122), (-10, -122), (-10, -80)), look.skin)
    pen.shape(_skull(78), look.skin, form=9)


def _penguin(pen: Pen, look: Look) -> None:
    pen.shape(_skull(78), look.skin, form=9)
    face = svg("M5 -34C24 -64 78 -50 76 6C74 54 40 72 4 72C-34 72 -66 54 -68 6C-68 -50 -14 -64 5 -34z")
    pen.fine().shape(face, (250, 250, 246), line=0)


def _frog(pen: Pen, look: Look) -> None:
    for side in (-1, 1):
        pen.shape(ellipse(side * 46 + 4, -58, 34), look.skin)
    pen.shape(
        svg("M-98 14C-94 -40 -56 -62 0 -62C56 -62 94 -40 98 14C96 56 60 76 0 76C-60 76 -96 56 -98 14z"),
        look.skin,
        form=9,
    )
    for side in (-1, 1):
        pen.fine().shape(ellipse(side * 46 + 4, -58, 24), (252, 250, 236), line=0)
        pen.fine().shape(ellipse(side * 7 + 4, 6, 3), darker(look.skin, 0.5), line=0)


def _turtle(pen: Pen, look: Look) -> None:
    pen.shape(_skull(74), look.skin, form=9)
    for x, y, r in ((-34, -58, 9), (2, -68, 11), (36, -58, 8)):
        pen.fine().shape(ellipse(x, y, r, r * 0.7), darker(look.skin, 0.16), line=0)


def _hedgehog(pen: Pen, look: Look) -> None:
    spikes = polygon(*[point for index in range(15) for point in _spike(index)], (60, 40), (-60, 40))
    pen.shape(spikes, darker(look.skin, 0.42))
    pen.shape(
        svg(
            "M-74 14C-70 -34 -36 -50 -18 -30C-6 -50 14 -50 24 -30C42 -50 76 -34 76 14"
            "C74 58 44 76 2 76C-44 76 -74 58 -74 14z"
        ),
        mix(look.accent, look.skin, 0.2),
        form=8,
    )
    _muzzle(pen, look, wide=30)


def _spike(index: int) -> tuple[tuple[float, float], tuple[float, float]]:
    angle = math.radians(168 + index * 14.6)
    between = math.radians(168 + (index + 0.5) * 14.6)
    return (math.cos(angle) * 86, math.sin(angle) * 80 + 8), (math.cos(between) * 116, math.sin(between) * 112 + 6)


def _pig(pen: Pen, look: Look) -> None:
    for side in (-1, 1):
        pen.shape(blob((side * 28, -74), (side * 62, -112), (side * 92, -92), (side * 78, -40)), darker(look.skin, 0.1))
    pen.shape(_skull(80), look.skin, form=9)
    pen.shape(ellipse(5, 28, 30, 22), mix(look.skin, (236, 110, 124), 0.4), line=0.8)
    for x in (-6, 16):
        pen.fine().shape(ellipse(x, 28, 5, 8), darker(look.skin, 0.45), line=0)


def _sheep(pen: Pen, look: Look) -> None:
    wool = [
        ellipse(x, y, 38)
        for x, y in ((-68, -18), (-58, -62), (-18, -86), (28, -84), (64, -56), (70, -14), (-66, 24), (68, 24))
    ]
    for side in (-1, 1):
        pen.shape(blob((side * 70, -14), (side * 112, -26), (side * 118, 2), (side * 78, 14)), look.accent)
    pen.shape(joined(ellipse(0, -20, 76), *wool), look.skin, form=8)
    pen.shape(
        svg("M-58 0C-58 -36 -30 -42 0 -42C32 -42 60 -36 60 0C60 50 40 80 2 80C-38 80 -58 50 -58 0z"),
        look.accent,
        line=0.8,
    )
    pen.fine().mark(curve((-4, 24), (5, 31), (14, 24)), darker(look.accent, 0.5), 4)


def _horse(pen: Pen, look: Look) -> None:
    for side in (-1, 1):
        pen.shape(blob((side * 26, -70), (side * 40, -122), (side * 60, -112), (side * 62, -56)), look.skin)
    pen.shape(
        svg("M-72 -12C-72 -58 -42 -82 0 -82C42 -82 74 -58 74 -12C74 26 62 98 4 98C-56 98 -72 26 -72 -12z"),
        look.skin,
        form=9,
    )
    pen.fine().shape(ellipse(4, 62, 52, 34), look.accent, line=0)
    for x in (-16, 26):
        pen.fine().shape(ellipse(x, 46, 5, 7), darker(look.accent, 0.5), line=0)
    mane = svg("M-40 -64C-58 -110 -6 -128 8 -98C40 -110 50 -76 34 -60C20 -46 10 -50 4 -34C-10 -46 -28 -44 -40 -64z")
    pen.shape(mane, look.hair_color, form=6)


def _elephant(pen: Pen, look: Look) -> None:
    for side in (-1, 1):
        ear = (side * 56, -64), (side * 124, -84), (side * 146, -8), (side * 116, 52), (side * 66, 36)
        pen.shape(blob(*ear), look.skin, form=8)
        pen.fine().shape(blob(*[(x * 0.88 + side * 6, y * 0.72) for x, y in ear]), mix(_PINK, look.skin, 0.45), line=0)
    pen.shape(_skull(74), look.skin, form=9)
    pen.bar(curve((5, 20), (8, 66), (18, 104), (48, 112), (62, 92)), look.skin, 31)
    for y in (56, 72, 88):
        pen.fine().mark(curve((-6, y), (8, y + 5), (20, y - 1)), darker(look.skin, 0.25), 3)


def _dragon(pen: Pen, look: Look) -> None:
    for side in (-1, 1):
        pen.shape(
            svg(f"M{side * 34} -70Q{side * 42} -112 {side * 76} -124Q{side * 72} -88 {side * 64} -56z"), look.accent
        )
        pen.shape(
            polygon((side * 76, 10), (side * 118, -10), (side * 108, 22), (side * 122, 42), (side * 74, 44)),
            darker(look.skin, 0.14),
        )
    pen.shape(polygon((-16, -78), (2, -116), (20, -78)), look.accent)
    pen.shape(_skull(80), look.skin, form=9)
    pen.fine().shape(ellipse(5, 44, 52, 30), look.accent, line=0)
    for x in (-8, 18):
        pen.fine().shape(ellipse(x, 26, 4, 5), darker(look.skin, 0.5), line=0)


_HEADS: dict[Species, Painter] = {
    Species.HUMAN: _human,
    Species.ROBOT: _robot,
    Species.FOX: _fox,
    Species.CAT: _cat,
    Species.DOG: _dog,
    Species.WOLF: _wolf,
    Species.BEAR: _bear,
    Species.RABBIT: _rabbit,
    Species.MOUSE: _mouse,
    Species.OWL: _owl,
    Species.BIRD: _bird,
    Species.PENGUIN: _penguin,
    Species.FROG: _frog,
    Species.TURTLE: _turtle,
    Species.HEDGEHOG: _hedgehog,
    Species.PIG: _pig,
    Species.SHEEP: _sheep,
    Species.HORSE: _horse,
    Species.ELEPHANT: _elephant,
    Species.WHALE: _frog,
    Species.DRAGON: _dragon,
}
