"""Where everything in a picture goes: figures in columns, things beside, behind, above and in their hands."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from studio.illustrator.bodies.figure import Standing, height_of
from studio.illustrator.bodies.whale import size_of
from studio.illustrator.places.furnishings import shows_anyway
from studio.illustrator.places.registry import Ground, Setting
from studio.illustrator.places.stage import FEET
from studio.illustrator.props import Prop, Size, Stand, props
from studio.illustrator.scene import Action, Camera, Figure, SceneIdea, Species

FRONT_ROW, MOST_FIGURES, MOST_THINGS = 6, 14, 5
_HEIGHTS = {Size.SMALL: 66.0, Size.MEDIUM: 128.0, Size.LARGE: 235.0, Size.HUGE: 400.0}
_LOW = {"wall": 0.5, "railway track": 0.5, "pond": 0.62, "bridge": 0.8, "carpet": 0.7, "blanket": 0.8, "table": 0.8}
"""What is lower than its size says: its share of that height."""


@dataclass(frozen=True)
class View:
    """What a camera does: how the backdrop is enlarged around a point and shifted, and how figures stand in it."""

    zoom: float = 1.0
    shift: float = 0.0
    figures: float = 1.0
    feet: float = FEET
    squash: float = 1.0


VIEWS = {
    Camera.MEDIUM: View(),
    Camera.CLOSE_UP: View(zoom=1.4, figures=1.72, feet=1170),
    Camera.WIDE: View(figures=0.56, feet=868),
    Camera.FROM_ABOVE: View(shift=-250, figures=0.86, feet=850, squash=0.88),
}


@dataclass(frozen=True)
class PlacedFigure:
    """A figure and where it stands; `floats` is off the ground, without a shadow."""

    figure: Figure
    at: Standing
    floats: bool = False


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
class Composition:
    """Everything that stands somewhere, in the order of drawing within each layer."""

    view: View
    figures: tuple[PlacedFigure, ...]
    behind: tuple[PlacedThing, ...]
    beside: tuple[PlacedThing, ...]
    before: tuple[PlacedThing, ...]


def compose(idea: SceneIdea, setting: Setting, width: float, chance: random.Random) -> Composition:
    """Lay out a scene on a picture `width` units wide and 1000 high."""
    view = VIEWS[idea.camera]
    loose = _loose_things(idea, setting)
    beside = [(prop, count) for prop, count in loose if _is_beside(prop, setting)]
    placed, left, right = _place_figures(idea.figures, setting, view, width, chance, len(beside))
    unit = view.figures * (1.0 if idea.figures else 1.15)
    return Composition(
        view=view,
        figures=placed,
        behind=_place_behind(loose, setting, width, unit, chance),
        beside=_place_beside(beside, width, view, unit, (left, right), chance),
        before=_place_before([pair for pair in loose if _is_small(pair[0])], width, view, unit, chance),
    )


def _loose_things(idea: SceneIdea, setting: Setting) -> list[tuple[Prop, int]]:
    """What nobody holds, with how many are drawn."""
    held = Counter(figure.holds for figure in idea.figures if figure.holds is not None)
    table = props()
    return [
        (table[name], min(MOST_THINGS, count - held[name]))
        for name, count in idea.props.items()
        if name in table and count > held[name] and not shows_anyway(idea.place, name, is_indoors=setting.is_indoors)
    ]


def _is_small(prop: Prop) -> bool:
    return prop.size is Size.SMALL and prop.stands is not Stand.SKY and prop.stands is not Stand.WALL


def _is_beside(prop: Prop, setting: Setting) -> bool:
    if prop.size not in (Size.MEDIUM, Size.LARGE) or prop.stands is Stand.SKY:
        return False
    return prop.stands is not Stand.WALL or not setting.is_indoors


def _place_figures(
    figures: Sequence[Figure], setting: Setting, view: View, width: float, chance: random.Random, things: int
) -> tuple[tuple[PlacedFigure, ...], float, float]:
    """The figures, and the edges of the strip they take."""
    front, back = list(figures[:FRONT_ROW]), list(figures[FRONT_ROW:MOST_FIGURES])
    if not front:
        return (), width / 2, width / 2
    tallest = max(height_of(figure) for figure in front)
    spans = [_span(figure) for figure in front]
    room = width * (0.94 if len(front) > 2 or not things else 0.8)
    scale = min(1.36, 470 / tallest, room / sum(spans)) * view.figures
    if view.figures > 1:  # near enough to touch: shoulders may overlap, nobody leaves the picture
        scale = min(scale, 1.12 * width / sum(spans))
        view = replace(view, feet=max(FEET, 300 + tallest * scale))
    strip = sum(spans) * scale
    spread = min(1.3, max(0.84, room / strip)) if len(front) > 1 else 1.0
    strip *= spread
    x = (width - strip) / 2 + chance.uniform(-0.04, 0.04) * (width - strip)
    placed = _back_row(back, view, width, scale, chance)
    left = x
    for index, (figure, span) in enumerate(zip(front, spans, strict=True)):
        middle = x + span * scale * spread / 2
        x += span * scale * spread
        drop = 18 * (index % 2) * len(front) / 4
        placed.append(_standing(figure, middle, view.feet + drop, scale, width, setting, front, index, chance))
    placed.sort(key=lambda each: each.figure.look.species is not Species.WHALE)  # nobody is hidden behind a whale
    return tuple(placed), left, x


def _span(figure: Figure) -> float:
    """How wide a figure is at scale 1."""
    wide = {Action.SLEEP: 450.0, Action.SWIM: 330.0, Action.FLY: 320.0, Action.CHEER: 260.0, Action.RUN: 270.0}
    if figure.look.species is Species.WHALE:
        return 570.0 * size_of(figure.look)
    return wide.get(figure.action, 232.0) * max(0.72, float(figure.look.height**0.6))


def _standing(
    figure: Figure,
    x: float,
    y: float,
    scale: float,
    width: float,
    setting: Setting,
    row: Sequence[Figure],
    index: int,
    chance: random.Random,
) -> PlacedFigure:
    facing = 1 if x < width / 2 - 1 else -1
    if len(row) == 1 or (len(row) > 2 and abs(x - width / 2) < width * 0.05):
        facing = chance.choice((1, -1))
    if figure.action in (Action.HUG, Action.FIGHT) and len(row) > 1:
        partner = index + 1 if index % 2 == 0 and index + 1 < len(row) else index - 1
        facing = 1 if partner > index else -1
        if figure.action is Action.HUG:
            x += facing * 18 * scale
    floats = setting.ground is Ground.NOTHING
    if floats:
        y -= 120 + chance.uniform(-40, 40)
    if setting.ground is Ground.WATER:
        y += -24 if figure.action is Action.SWIM else 24 if figure.look.species is Species.WHALE else -44
    return PlacedFigure(figure, Standing(x, y, scale, facing), floats)


def _back_row(
    figures: Sequence[Figure], view: View, width: float, scale: float, chance: random.Random
) -> list[PlacedFigure]:
    """Whoever has no place in front, smaller and further up."""
    step = width * 0.92 / max(1, len(figures))
    return [
        PlacedFigure(
            replace(figure, action=Action.STAND if figure.action is Action.SLEEP else figure.action),
            Standing(
                width * 0.04 + step * (index + 0.5),
                view.feet - 92 + chance.uniform(-14, 14),
                scale * 0.74,
                chance.choice((1, -1)),
            ),
        )
        for index, figure in enumerate(figures)
    ]


def _place_behind(
    loose: Sequence[tuple[Prop, int]], setting: Setting, width: float, unit: float, chance: random.Random
) -> tuple[PlacedThing, ...]:
    """Huge things, things in the sky, and things on a wall."""
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


def _place_beside(
    things: Sequence[tuple[Prop, int]],
    width: float,
    view: View,
    unit: float,
    strip: tuple[float, float],
    chance: random.Random,
) -> tuple[PlacedThing, ...]:
    """Things as high as a person or half of one: right and left of the figures, by turns."""
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


def _place_before(
    things: Sequence[tuple[Prop, int]],
    width: float,
    view: View,
    unit: float,
    chance: random.Random,
) -> tuple[PlacedThing, ...]:
    """Small things on the ground, between the feet and the lower edge."""
    total = sum(count for _, count in things)
    if not total:
        return ()
    spots = [(index + 0.5) / (total + 1) + 0.5 / (total + 1) for index in range(total)]
    chance.shuffle(spots)
    y = min(view.feet + 50, 962.0)
    size = _HEIGHTS[Size.SMALL] * max(0.8, min(1.3, unit))
    names = [prop for prop, count in things for _ in range(count)]
    return tuple(
        PlacedThing(prop, width * (0.08 + 0.84 * spot), y + chance.uniform(-8, 12), size, 0.0, chance.random() < 0.5)
        for prop, spot in zip(names, spots, strict=True)
    )
