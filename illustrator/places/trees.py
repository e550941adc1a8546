"""Trees and foliage, each drawn on a stage."""

import math
import random
from collections.abc import Sequence

from illustrator.colors import darker, lighter, mix
from illustrator.hours import BARK, FIRS, GRASS, LEAVES, SNOW
from illustrator.places.stage import Stage
from illustrator.scene import Color, Season
from illustrator.seasons import BLOSSOMING, FALLEN
from illustrator.surface import Point, blob, curve, ellipse, joined, polygon, svg

Bough = tuple[Sequence[Point], float]
"""The line of a branch, and its thickness."""


def round_tree(
    stage: Stage, x: float, y: float, height: float, *, far: float = 0.0, blooms: bool | None = None
) -> None:
    """Draw a tree with a crown of round heaps, bare in snow; if `blooms` is None, chance decides on spring blossoms."""
    pen, size = stage.pen, height / 100
    green = stage.pick(LEAVES)
    trunk = svg(
        f"M{x - 9 * size} {y}"
        f"C{x - 5 * size} {y - 20 * size} {x - 6 * size} {y - 30 * size} {x - 5 * size} {y - 46 * size}"
        f"H{x + 5 * size}C{x + 6 * size} {y - 30 * size} {x + 5 * size} {y - 20 * size} {x + 9 * size} {y}z"
    )
    heaps = ((-20, 52, 21), (20, 52, 21), (-12, 72, 22), (13, 74, 22), (0, 58, 24), (0, 84, 17))
    shake = [(dx + stage.between(-3, 3), dy + stage.between(-3, 3), r) for dx, dy, r in heaps]
    if stage.is_snowy:
        _snowy_crown(stage, (x, y), size, [(dx, dy) for dx, dy, _ in shake], far)
        pen.shape(trunk, BARK, far=far)
        stage.snow_pen().fine().shape(ellipse(x, y + size, 17 * size, 4 * size), stage.ground(GRASS), far=far, line=0)
        return
    pen.shape(trunk, BARK, far=far)
    whole = joined(*[ellipse(x + dx * size, y - dy * size, r * size) for dx, dy, r in shake])
    chance = stage.apart(y, x)
    blossoms = stage.growth is Season.SPRING and (blooms or (blooms is None and chance.random() < 0.6))
    is_white = blossoms and not blooms and chance.random() < 0.4
    leaf = chance.choice(BLOSSOMING) if blossoms and not is_white else stage.leaf(green, x, y)
    pen.shape(whole, leaf, far=far, form=5 * size)
    fine = pen.fine()
    for dx, dy in ((-16, 76), (2, 90), (12, 66), (-20, 56)):
        mark = curve(
            (x + (dx - 5) * size, y - dy * size),
            (x + dx * size, y - (dy + 4) * size),
            (x + (dx + 5) * size, y - dy * size),
        )
        fine.mark(mark, lighter(leaf, 0.4), max(1.5, 1.5 * size), far=far, opacity=0.7)
    if blossoms:
        _blossoms(stage, (x, y), size, shake, (252, 244, 240) if is_white else darker(leaf, 0.14), far)
    if far < 0.3:
        fallen_leaves(stage, 7, y - 2 * size, y + 9 * size, between=(x - 34 * size, x + 34 * size))


def _blossoms(
    stage: Stage,
    foot: Point,
    size: float,
    heaps: Sequence[tuple[float, float, float]],
    color: Color,
    far: float,
) -> None:
    """Draw dots of blossom all over a crown."""
    chance, fine = stage.apart(*foot), stage.pen.fine()
    for dx, dy, radius in heaps:
        for _ in range(3):
            turn, off = chance.uniform(0, 6.28), radius * chance.uniform(0.2, 0.8)
            at = (foot[0] + (dx + off * math.cos(turn)) * size, foot[1] - (dy + off * math.sin(turn)) * size)
            fine.shape(ellipse(*at, chance.uniform(1.3, 2.2) * size), color, far=far, line=0)


def _snowy_crown(stage: Stage, foot: Point, size: float, tips: Sequence[Point], far: float) -> None:
    """Draw bare boughs that reach to the heaps of a crown."""
    x, y = foot
    boughs: list[Bough] = []
    for dx, dy in tips:
        bend = (x + dx * 0.75 * size, y - (26 + dy * 0.5) * size)
        tip = (x + dx * 1.25 * size, y - (dy + 12) * size)
        boughs.append((((x + dx * 0.05 * size, y - (24 + dy * 0.28) * size), bend, tip), 3.4 * size))
        for share, turn in ((0.6, -1), (0.8, 1)):
            at = (bend[0] + (tip[0] - bend[0]) * share, bend[1] + (tip[1] - bend[1]) * share)
            end = (at[0] + (turn * 7 + dx * 0.2) * size, at[1] - 9 * size)
            boughs.append(((at, ((at[0] + end[0]) / 2 + turn * size, (at[1] + end[1]) / 2), end), 1.7 * size))
    _snowy_boughs(stage, boughs, far)


def _snowy_boughs(stage: Stage, boughs: Sequence[Bough], far: float) -> None:
    """Draw branches along these lines, with snow on their upper sides."""
    for points, wide in sorted(boughs, key=lambda each: each[1]):
        stage.pen.bar(curve(*points), BARK, wide, far=far, line=0.6)
    _snow_along(stage, boughs, far)


def _snow_along(stage: Stage, boughs: Sequence[Bough], far: float) -> None:
    fine = stage.snow_pen().fine()
    for points, wide in boughs:
        upper = [(x - 0.3 * wide, y - 0.5 * wide) for x, y in points]
        fine.mark(curve(*upper), SNOW, min(wide * 0.8, 4 + wide * 0.3), far=far)


def great_tree(stage: Stage, x: float, height: float, side: int) -> None:
    """Draw a tree that is higher than the picture, at its edge; the picture is on the tree's `side`, 1 or -1."""
    trunk = svg(f"M{x - 66} 850Q{x - 40} 760 {x - 44} 300H{x + 44}Q{x + 40} 760 {x + 70} 850z")
    stage.pen.shape(trunk, BARK, form=14)
    for dy in (420, 540, 660):
        stage.pen.fine().mark(curve((x - 12, dy), (x - 6, dy + 30), (x - 14, dy + 64)), darker(BARK, 0.3), 5)
    if not stage.is_snowy:
        leafy_cloud(stage, x, 330, height * 0.34, LEAVES[3])
        leafy_cloud(stage, x + side * 60, 160, height * 0.3, LEAVES[1])
        return
    stage.pen.bar(curve((x, 310), (x - side * 4, 120), (x + side * 8, -60)), BARK, 82.0, line=0.6)
    boughs: list[Bough] = []
    for y, dx, rise, wide in ((410, 210, 96, 25), (330, -170, 120, 24), (270, 270, 120, 28), (120, 230, 90, 22)):
        bend, tip = (x + side * dx * 0.55, y - rise * 0.2), (x + side * dx, y - rise)
        boughs.append((((x, y), bend, tip), wide))
        for share, out, up in ((0.1, 0.12, 74), (0.42, 0.3, 14), (0.6, 0.12, 62)):
            at = (bend[0] + (tip[0] - bend[0]) * share, bend[1] + (tip[1] - bend[1]) * share)
            end = (at[0] + side * dx * out, at[1] - up)
            boughs.append(((at, (at[0] + side * dx * out * 0.7, at[1] - up * 0.4), end), wide * 0.4))
    _snowy_boughs(stage, boughs, 0.0)


def fallen_leaves(
    stage: Stage, count: int, top: float, bottom: float = 985, *, between: tuple[float, float] | None = None
) -> None:
    """Draw leaves on the ground in autumn: this many on a square picture, or between two points."""
    if stage.growth is not Season.AUTUMN:
        return
    left, right = between or (0.0, stage.width)
    chance = stage.apart(left, top)
    for _ in range(count if between else stage.across(count)):
        fallen_leaf(stage, chance.uniform(left, right), chance.uniform(top, bottom), chance)


def fallen_leaf(stage: Stage, x: float, y: float, chance: random.Random) -> None:
    """Draw a leaf on the ground, larger when it is nearer."""
    size = 4 + max(0.0, y - 600) * chance.uniform(0.022, 0.034)
    leaf = blob((-size, 0), (-size * 0.2, -size * 0.62), (size * 1.3, 0), (-size * 0.2, size * 0.62))
    with stage.pen.surface.moved(x, y, scale=(1.0, 0.7), turn=chance.uniform(0, 360)):
        stage.pen.fine().shape(leaf, chance.choice(FALLEN), line=0)


def fir(stage: Stage, x: float, y: float, height: float, *, far: float = 0.0) -> None:
    """Draw a fir of four skirts."""
    pen, size, green = stage.pen, height / 100, stage.pick(FIRS)
    pen.shape(
        polygon((x - 4 * size, y), (x - 4 * size, y - 20 * size), (x + 4 * size, y - 20 * size), (x + 4 * size, y)),
        BARK,
        far=far,
    )
    for level in range(4):
        top, foot, half = y - (100 - level * 20) * size, y - (64 - level * 18) * size, (14 + level * 6) * size
        skirt = svg(
            f"M{x} {top}Q{x + half * 0.45} {foot - 12 * size} {x + half} {foot}"
            f"Q{x} {foot + 8 * size} {x - half} {foot}Q{x - half * 0.45} {foot - 12 * size} {x} {top}z"
        )
        pen.shape(skirt, lighter(green, 0.06 * (3 - level)), far=far, line=0.8)
        if stage.is_snowy:
            cap = svg(
                f"M{x} {top}Q{x + half * 0.3} {foot - 20 * size} {x + half * 0.6} {foot - 10 * size}"
                f"Q{x} {foot - 14 * size} {x - half * 0.6} {foot - 10 * size}"
                f"Q{x - half * 0.3} {foot - 20 * size} {x} {top}z"
            )
            stage.snow_pen().fine().shape(cap, SNOW, far=far, line=0)


def palm(stage: Stage, x: float, y: float, height: float, *, far: float = 0.0, lean: float = 14) -> None:
    """Draw a leaning palm tree."""
    pen, size = stage.pen, height / 100
    top = (x + lean * size, y - 78 * size)
    pen.bar(curve((x, y), (x + lean * 0.1 * size, y - 40 * size), top), (168, 118, 70), 8 * size, far=far)
    for dx, dy, bend in (
        (-44, 8, -22),
        (-34, -22, -20),
        (4, -36, -6),
        (36, -20, -20),
        (46, 10, -22),
        (-16, 24, -2),
        (22, 26, -2),
    ):
        tip, mid = (
            (top[0] + dx * size, top[1] + dy * size + 8 * size),
            (top[0] + dx * 0.55 * size, top[1] + (dy + bend) * size),
        )
        leaf = svg(
            f"M{top[0]} {top[1]}Q{mid[0]} {mid[1] - 8 * size} {tip[0]} {tip[1]}"
            f"Q{mid[0]} {mid[1] + 9 * size} {top[0]} {top[1]}z"
        )
        pen.shape(leaf, stage.snowed(mix((72, 158, 92), (40, 120, 80), abs(dx) / 90), 0.4), far=far, line=0.8)
    for dx in (-4, 4):
        pen.shape(ellipse(top[0] + dx * size, top[1] + 4 * size, 4 * size), (122, 80, 48), far=far, line=0.7)


def bare_tree(stage: Stage, x: float, y: float, height: float, *, far: float = 0.0) -> None:
    """Draw a dead tree with crooked branches."""
    pen, size, bark = stage.pen, height / 100, (98, 84, 82)
    boughs: list[Bough] = []
    for at, dx, dy in ((0.45, -30, 30), (0.6, 30, 34), (0.75, -22, 22), (0.5, 38, 10)):
        start = (x, y - 96 * size * at)
        bend = (x + dx * 0.6 * size, start[1] - dy * 0.3 * size)
        boughs.append(((start, bend, (x + dx * size, start[1] - dy * size)), 4.5 * size))
        pen.bar(curve(*boughs[-1][0]), bark, 4.5 * size, far=far, line=0.8)
    trunk = svg(
        f"M{x - 9 * size} {y}Q{x - 3 * size} {y - 20 * size} {x - 6 * size} {y - 46 * size}"
        f"T{x - 8 * size} {y - 98 * size}"
        f"Q{x + 4 * size} {y - 76 * size} {x + 5 * size} {y - 52 * size}T{x + 10 * size} {y}z"
    )
    pen.shape(trunk, bark, far=far, form=2 * size)
    if stage.is_snowy:
        _snow_along(stage, boughs, far)


def leafy_cloud(stage: Stage, x: float, y: float, size: float, color: Color, *, far: float = 0.0) -> None:
    """Draw a heap of foliage without a trunk: a bush, or the crown of a tree outside the picture."""
    color = stage.leaf(color, x, y)
    puffs = [
        (x + dx * size, y - dy * size, r * size)
        for dx, dy, r in ((-0.6, 0.2, 0.5), (0.0, 0.45, 0.6), (0.6, 0.2, 0.52), (0, 0, 0.55))
    ]
    stage.pen.shape(joined(*[ellipse(*puff) for puff in puffs]), stage.snowed(color, 0.45), far=far, form=size * 0.09)
    for dx, dy in ((-0.5, 0.4), (0.1, 0.7), (0.5, 0.3)):
        mark = blob(
            (x + (dx - 0.1) * size, y - dy * size),
            (x + dx * size, y - (dy + 0.07) * size),
            (x + (dx + 0.1) * size, y - dy * size),
        )
        stage.pen.fine().shape(mark, lighter(color, 0.3), far=far, line=0)
