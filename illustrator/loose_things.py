"""Places of the things that no figure holds or rests on: behind, beside and before the figures, or on a table."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from illustrator.places.furnishings import shows_anyway
from illustrator.places.registry import Setting
from illustrator.props import Prop, Size, Stand, props
from illustrator.scene import SceneIdea
from illustrator.views import View

MOST_THINGS = 5
_HEIGHTS = {Size.SMALL: 66.0, Size.MEDIUM: 128.0, Size.LARGE: 235.0, Size.HUGE: 400.0}
_LOW = {"wall": 0.5, "railway track": 0.5, "pond": 0.62, "bridge": 0.8, "carpet": 0.7, "blanket": 0.8, "table": 0.8}
"""Height of things that are lower than their size says, as a share of that height."""

Loose = Sequence[tuple[Prop, int]]
"""Things, with the number of each that is drawn."""


@dataclass(frozen=True)
class PlacedThing:
    """A thing of the table, its foot and its height in units of a picture 1000 high; `far` as for a pen."""

    prop: Prop
    x: float
    y: float
    height: float
    far: float = 0.0
    flip: bool = False


@dataclass(frozen=True)
class Board:
    """The top of a table: its left and right edge, and its height in the picture."""

    left: float
    right: float
    y: float


def loose_things(idea: SceneIdea, setting: Setting, used: Counter[str]) -> list[tuple[Prop, int]]:
    """Return the things that no figure holds and that are not `used` to rest on, with their counts."""
    taken = used + Counter(
        figure.holds for figure in idea.figures if figure.holds is not None and figure.holds != figure.rests_on
    )
    table = props()
    return [
        (table[name], min(MOST_THINGS, count - taken[name]))
        for name, count in idea.props.items()
        if name in table and count > taken[name] and not shows_anyway(idea.place, name, is_indoors=setting.is_indoors)
    ]


def is_small(prop: Prop) -> bool:
    """Return True if a thing lies before the figures."""
    return prop.size is Size.SMALL and prop.stands is not Stand.SKY and prop.stands is not Stand.WALL


def is_beside(prop: Prop, setting: Setting) -> bool:
    """Return True if a thing stands beside the figures."""
    if prop.size not in (Size.MEDIUM, Size.LARGE) or prop.stands is Stand.SKY:
        return False
    return prop.stands is not Stand.WALL or not setting.is_indoors


def place_behind(
    loose: Loose, setting: Setting, width: float, unit: float, chance: random.Random
) -> tuple[PlacedThing, ...]:
    """Place huge things, things in the sky, and things on a wall."""
    placed: list[PlacedThing] = []
    sides = [0.16, 0.84, 0.5, 0.3, 0.7]
    above = [0.72, 0.26, 0.5, 0.88, 0.12, 0.6, 0.38]
    for prop, count in loose:
        in_sky = prop.stands is Stand.SKY
        on_wall = prop.stands is Stand.WALL and setting.is_indoors and prop.size is not Size.HUGE
        if not (in_sky or on_wall or prop.size is Size.HUGE):
            continue
        for _ in range(count if prop.size is not Size.HUGE else min(3, count)):
            height = _height(prop) * chance.uniform(0.92, 1.08)
            if in_sky or on_wall:
                share = above.pop(0)
                above.append(share)
                height *= 0.72 if prop.size in (Size.LARGE, Size.HUGE) else 1.0
                y = chance.uniform(210, 330) + height * 0.4 if in_sky else 430.0
                placed.append(PlacedThing(prop, width * share, y, height, 0.1 if in_sky else 0.0, share > 0.5))
            else:
                share = sides.pop(0)
                sides.append(share)
                placed.append(PlacedThing(prop, width * share, 742, height * max(0.8, unit), 0.1, share > 0.5))
    return tuple(placed)


def _height(prop: Prop) -> float:
    return _HEIGHTS[prop.size] * _LOW.get(prop.name, 1.0)


def place_beside(
    things: Loose,
    width: float,
    view: View,
    unit: float,
    strip: tuple[float, float],
    chance: random.Random,
) -> tuple[PlacedThing, ...]:
    """Place things as high as a person or half as high, alternately right and left of the figures."""
    placed: list[PlacedThing] = []
    edges = {-1: strip[0], 1: strip[1]}
    side = chance.choice((-1, 1))
    for prop, count in things:
        height = _height(prop) * unit * (0.86 if prop.size is Size.LARGE else 1.0)
        for index in range(count):
            step = height * (0.62 if index else 0.5)
            x = edges[side] + side * step
            deep = 0.0
            if not height * 0.42 < x < width - height * 0.42:
                x = min(max(x, height * 0.42), width - height * 0.42)
                deep = 70.0
            placed.append(PlacedThing(prop, x, view.feet - 22 - deep, height, 0.0, side > 0))
            edges[side] = x + side * height * 0.45
        side = -side
    return tuple(sorted(placed, key=lambda thing: thing.y))


def place_before(
    things: Loose, width: float, view: View, unit: float, chance: random.Random, board: Board | None
) -> tuple[PlacedThing, ...]:
    """Place small things: on the table if they can be held, else on the ground between the feet and the lower edge."""
    total = sum(count for _, count in things)
    if not total:
        return ()
    spots = [(index + 0.5) / (total + 1) + 0.5 / (total + 1) for index in range(total)]
    chance.shuffle(spots)
    y = min(view.feet + 50, 962.0)
    size = _HEIGHTS[Size.SMALL] * max(0.8, min(1.3, unit))
    names = [prop for prop, count in things for _ in range(count)]
    placed: list[PlacedThing] = []
    for prop, spot in zip(names, spots, strict=True):
        x, foot = width * (0.08 + 0.84 * spot), y + chance.uniform(-8, 12)
        if board is not None and prop.stands is Stand.HAND:
            x, foot = board.left + (board.right - board.left) * spot, board.y
        placed.append(PlacedThing(prop, x, foot, size, 0.0, chance.random() < 0.5))
    return tuple(placed)
