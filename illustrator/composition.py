"""The composition of a picture: the places of the groups, of what they rest on, and of the things around them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from illustrator.arrangement import Arrangement, arranged
from illustrator.bodies.figure import Standing
from illustrator.bodies.poses import Posture
from illustrator.groups import groups_of, used_by
from illustrator.loose_things import (
    Board,
    PlacedThing,
    is_beside,
    is_small,
    loose_things,
    place_before,
    place_behind,
    place_beside,
)
from illustrator.pieces import Piece, board_of, pieces_of
from illustrator.places.registry import Ground, Setting
from illustrator.places.stage import FEET
from illustrator.scene import Action, Color, Figure, SceneIdea, Species
from illustrator.views import VIEWS, View

FRONT_ROW, MOST_FIGURES = 6, 14
_ABOVE_FEET = ((400.0, 470.0), (800.0, 600.0), (float("inf"), 860.0))
"""Largest drawn height of a group, for each height at scale 1."""
_LOWEST_SLEEPER = 960.0
"""Lowest place of a lying figure, however close the camera is."""


@dataclass(frozen=True)
class Seat:
    """One figure's part of a thing or of a bearer's back: its left and right edge, and its height in the picture."""

    left: float
    right: float
    y: float


@dataclass(frozen=True)
class PlacedFigure:
    """A figure and its place. `floats` is off the ground and has no shadow, `over` is drawn right after the figure, and
    `seat` is the part of a thing that it rests on.
    """

    figure: Figure
    at: Standing
    floats: bool = False
    over: tuple[Piece, ...] = ()
    seat: Seat | None = None


@dataclass(frozen=True)
class Composition:
    """Everything with a place in the picture, in the order of drawing within each layer."""

    view: View
    figures: tuple[PlacedFigure, ...]
    pieces: tuple[Piece, ...]
    behind: tuple[PlacedThing, ...]
    beside: tuple[PlacedThing, ...]
    before: tuple[PlacedThing, ...]
    moved: frozenset[str]
    """Furniture of the place that a figure rests on; the place is drawn without it."""


@dataclass(frozen=True)
class _Ground:
    """The ground of the groups: the setting and view, the scale of an adult, and the picture's width."""

    setting: Setting
    view: View
    scale: float
    width: float


def compose(idea: SceneIdea, setting: Setting, width: float, chance: random.Random, textile: Color) -> Composition:
    """Lay out a scene on a picture `width` units wide and 1000 high, with bedclothes of a colour."""
    view = VIEWS[idea.camera]
    groups = groups_of(idea, idea.figures[:FRONT_ROW], setting.ground)
    loose = loose_things(idea, setting, used_by(groups, idea))
    beside = [(prop, count) for prop, count in loose if is_beside(prop, setting)]
    row = [arranged(group) for group in groups]
    placed, pieces, edges, board = _place_row(row, idea, setting, view, width, chance, len(beside), textile)
    unit = view.figures * (1.0 if idea.figures else 1.15)
    return Composition(
        view=view,
        figures=placed,
        pieces=pieces,
        behind=place_behind(loose, setting, width, unit, chance),
        beside=place_beside(beside, width, view, unit, edges, chance),
        before=place_before([pair for pair in loose if is_small(pair[0])], width, view, unit, chance, board),
        moved=frozenset(group.rest.name for group in groups if group.rest is not None),
    )


def _place_row(
    row: Sequence[Arrangement],
    idea: SceneIdea,
    setting: Setting,
    view: View,
    width: float,
    chance: random.Random,
    things: int,
    textile: Color,
) -> tuple[tuple[PlacedFigure, ...], tuple[Piece, ...], tuple[float, float], Board | None]:
    """Return the figures, the pieces behind them, both edges of the strip that they take, and the board before them."""
    if not row:
        return (), (), (width / 2, width / 2), None
    spans = [each.width for each in row]
    room = width * (0.94 if len(row) > 2 or not things else 0.8)
    scale = min(1.36, room / sum(spans), *(_most_height(each.top) / each.top for each in row)) * view.figures
    if view.figures > 1:  # near enough to touch: shoulders may overlap, and nobody leaves the picture
        scale = min(scale, 1.12 * width / sum(spans))
        view = replace(view, feet=max(FEET, 300 + max(each.crown for each in row) * scale))
    strip = sum(spans) * scale
    spread = min(1.3, max(0.84, room / strip)) if len(row) > 1 else 1.0
    strip *= spread
    left = x = (width - strip) / 2 + chance.uniform(-0.04, 0.04) * (width - strip)
    ground = _Ground(setting, view, scale, width)
    placed = _back_row(idea.figures[FRONT_ROW:MOST_FIGURES], view, width, scale, chance)
    pieces: list[Piece] = []
    board: Board | None = None
    for index, (arrangement, span) in enumerate(zip(row, spans, strict=True)):
        middle = x + span * scale * spread / 2
        x += span * scale * spread
        at, floats = _spot(arrangement, middle, ground, index, len(row), chance)
        is_on_ground = not floats and setting.ground is Ground.FIRM
        behind, over = pieces_of(arrangement, at, textile, has_shadow=is_on_ground)
        pieces += behind
        placed += _seated(arrangement, at, over, textile, floats=floats)
        board = board_of(over) or board
    placed.sort(key=lambda each: each.figure.look.species is not Species.WHALE)  # a whale hides nobody
    return tuple(placed), tuple(pieces), (left, x), board


def _most_height(top: float) -> float:
    return next(height for limit, height in _ABOVE_FEET if top <= limit)


def _spot(
    arrangement: Arrangement, x: float, ground: _Ground, index: int, count: int, chance: random.Random
) -> tuple[Standing, bool]:
    """Return the place of a group, the side it looks to, and True if it floats."""
    first = arrangement.group.everybody[0]
    facing = 1 if x < ground.width / 2 - 1 else -1
    if count == 1 or (count > 2 and abs(x - ground.width / 2) < ground.width * 0.05):
        facing = chance.choice((1, -1))
    if first.action in (Action.HUG, Action.FIGHT) and count > 1:
        partner = index + 1 if index % 2 == 0 and index + 1 < count else index - 1
        facing = 1 if partner > index else -1
        if first.action is Action.HUG:
            x += facing * 18 * ground.scale
    y = ground.view.feet + 18 * (index % 2) * count / 4
    rest = arrangement.group.rest
    if arrangement.slots[0].posture is Posture.LYING:
        y = min(y, _LOWEST_SLEEPER)
    floats = ground.setting.ground is Ground.NOTHING
    if floats:
        y -= 120 + chance.uniform(-40, 40)
    if rest is not None and rest.floats:
        y -= rest.floats * ground.scale
        floats = True
    if ground.setting.ground is Ground.WATER:
        y += _on_water(first, arrangement)
    return Standing(x, y, ground.scale, facing), floats


def _on_water(figure: Figure, arrangement: Arrangement) -> float:
    """Return the height of a figure at sea relative to feet on firm ground."""
    if figure.look.species is Species.WHALE:
        return 24
    if arrangement.group.bearer is not None or arrangement.group.rest is not None:
        return 10
    return -24 if figure.action is Action.SWIM else -44


def _seated(
    arrangement: Arrangement, at: Standing, over: tuple[Piece, ...], textile: Color, *, floats: bool
) -> list[PlacedFigure]:
    """Return the figures of a group at their seats; what lies over them follows the last figure that it covers."""
    covered = [slot for slot in arrangement.slots if slot.posture is Posture.TUCKED] or list(arrangement.slots)
    placed = []
    for slot in arrangement.slots:
        facing = at.facing
        if not arrangement.looks and len(arrangement.slots) > 1:
            facing = 1 if slot.x < 0 else -1
        x = at.x + slot.x * at.scale * (at.facing if arrangement.looks else 1)
        blanket = textile if slot.has_blanket else None
        standing = Standing(x, at.y, at.scale * slot.size, facing, slot.posture, slot.seat, blanket)
        middle = at.x if slot.posture in (Posture.LYING, Posture.CURLED) else x
        half, y = slot.room / 2 * at.scale, at.y - slot.seat * at.scale
        seat = Seat(middle - half, middle + half, y) if slot.room else None
        placed.append(PlacedFigure(slot.figure, standing, floats, over if slot is covered[-1] else (), seat))
    return placed


def _back_row(
    figures: Sequence[Figure], view: View, width: float, scale: float, chance: random.Random
) -> list[PlacedFigure]:
    """Return the figures without a place in front, smaller and further up."""
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
