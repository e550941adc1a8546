"""The layout of a group: how each figure sits, lies or rides on a seat, in units of an adult at scale 1."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from illustrator.bodies.figure import height_of
from illustrator.bodies.poses import Posture
from illustrator.bodies.postures import GLIDING_LIFT, back_of, sitting_height_of
from illustrator.bodies.skeleton import HEAD, TRUNK, leg_of, size_of
from illustrator.bodies.whale import size_of as whale_size_of
from illustrator.groups import UPRIGHT, Group
from illustrator.icons.drawing import animal
from illustrator.rests import GROUND, Rest
from illustrator.scene import Action, Figure, Look, Species

_ELBOW_ROOM = 172.0
"""Width of a sitting adult, from ear to ear."""
_SPANS = {Action.SLEEP: 450.0, Action.SWIM: 330.0, Action.FLY: 320.0, Action.CHEER: 260.0, Action.RUN: 270.0}
_STANDING = {Action.STAND, Action.CHEER, Action.FIGHT}
_WHALE_BACK = (-10.0, 262.0)
_ADULT = 371.0
"""Height of a standing adult."""
_HEAVY_HEAD = 0.12
"""Distance from the middle of a lying figure to the point around which it lies, as a share of the figure's height."""
_CURLED, _CURLED_HEAD = 290.0, 84.0
"""Length of a lying beast, and the distance of its middle before its hips, at size 1."""
_EDGE = 0.46
"""Height of a seat on the edge of a bed, as a share of the height of a sleeper's neck."""
_LIGHT = 0.62
"""Largest share of the bearer's size at which a rider sits on one shoulder."""
_ON_ALL_FOURS = 400.0
_LEAST_ROOM, _BACK_ROOM, _SHOULDER_ROOM = 40.0, 100.0, 80.0
_CROWDED = 1.2
"""Factor by which an animal that bears several riders is enlarged."""


@dataclass(frozen=True)
class Slot:
    """One figure of a group: its distance from the middle, its posture on a seat of this height, the `room` of the seat
    in width (0 without a seat), and the factor by which it is enlarged.
    """

    figure: Figure
    x: float = 0.0
    posture: Posture = Posture.FREE
    seat: float = 0.0
    room: float = 0.0
    size: float = 1.0
    has_blanket: bool = False


@dataclass(frozen=True)
class Arrangement:
    """The layout of a group: its slots in the order of drawing, its width, the height of its highest head, the height
    of the thing that it rests on, and the factor by which that thing is widened for several figures.

    With `looks`, the slots are offset in the direction in which the group looks, otherwise to the right.
    """

    group: Group
    slots: tuple[Slot, ...]
    width: float
    crown: float
    height: float = 0.0
    stretch: float = 1.0
    looks: bool = True

    @property
    def top(self) -> float:
        """Return the height of the whole group."""
        return max(self.crown, self.height)


def arranged(group: Group) -> Arrangement:
    """Return the layout of the group; no figure holds the thing that it rests on."""
    free = tuple(replace(it, holds=None) if it.holds == it.rests_on else it for it in group.figures)
    group = replace(group, figures=free)
    if group.bearer is not None:
        return _on_bearer(group, group.bearer)
    if group.rest is None:
        (figure,) = group.figures
        on_the_floor = figure.rests_on == GROUND and figure.action is not Action.SLEEP
        slot = Slot(figure, posture=Posture.FLOOR if on_the_floor else Posture.FREE)
        return Arrangement(group, (slot,), span_of(figure), height_of(figure))
    if group.rest.species is not None:
        flies = any(figure.action is Action.FLY for figure in group.figures)
        bearer = Figure("", animal(group.rest.species, group.rest.name), action=Action.FLY if flies else Action.STAND)
        return _on_bearer(group, bearer)
    return _on_thing(group, group.rest)


def span_of(figure: Figure) -> float:
    """Return the width, at scale 1, of a figure that rests on nothing."""
    if figure.look.species is Species.WHALE:
        return 570.0 * whale_size_of(figure.look)
    return _SPANS.get(figure.action, 232.0) * max(0.72, float(figure.look.height**0.6))


def _on_thing(group: Group, rest: Rest) -> Arrangement:
    figures = group.figures
    is_animal = rest.posture is Posture.ASTRIDE
    largest = max(size_of(figure.look) for figure in figures)
    height = rest.size * largest**0.6 * (_CROWDED if is_animal and len(figures) > 1 else 1.0)
    lies = len(figures) == 1 and rest.can_be_lain_on and figures[0].action is Action.SLEEP
    if lies or rest.posture is Posture.LYING:
        height = rest.size * (height_of(figures[0]) / _ADULT) ** (0.6 if lies else 1.0)
    unit, needed = height / 100, _ELBOW_ROOM * sum(size_of(figure.look) ** 0.42 for figure in figures)
    stretch = 1.0
    if lies:
        stretch = max(1.0, 1.05 * _length_of(figures[0]) / (rest.wide * unit))
    elif len(figures) > 1 and not is_animal:
        close = 1.1 if rest.posture is Posture.TUCKED else 0.94
        stretch = max(1.0, close * needed / (rest.right - rest.left) / unit)
    left, part = unit * stretch * rest.left, unit * stretch * (rest.right - rest.left) / len(figures)
    if group.has_seats_of_their_own:
        left, part, stretch = -needed / 2, needed / len(figures), 1.0
    elif is_animal and len(figures) > 1:
        left, part = (rest.left + rest.right) / 2 * unit - _BACK_ROOM * len(figures) / 2, _BACK_ROOM
    forward = rest.faces or 1
    slots = [
        _slot(figure, rest, rest.seat * unit, forward * (left + part * (index + 0.5)), part, lies=lies)
        for index, figure in enumerate(figures)
    ]
    slots.sort(key=lambda slot: slot.posture is not Posture.TUCKED)
    return Arrangement(
        group,
        tuple(slots),
        width=max(rest.wide * unit * stretch, needed if group.table is None else needed + 60),
        crown=_crown(slots),
        height=height,
        stretch=stretch,
        looks=bool(rest.faces) or slots[0].posture in (Posture.LYING, Posture.CURLED),
    )


def _slot(figure: Figure, rest: Rest, seat: float, x: float, room: float, *, lies: bool) -> Slot:
    posture = rest.posture
    is_upright = figure.look.species in UPRIGHT
    if (lies or posture is Posture.LYING) and not is_upright and not rest.front:
        posture, x, room = Posture.CURLED, -_CURLED_HEAD * size_of(figure.look), _length_of(figure)
    elif lies or posture is Posture.LYING:
        posture, x, room = Posture.LYING, _HEAVY_HEAD * height_of(figure), _length_of(figure)
    elif rest.can_be_stood_on and figure.action in _STANDING:
        posture = Posture.STANDING
    elif posture is Posture.TUCKED and figure.action is Action.SIT:
        posture, seat = Posture.SEATED, seat * _EDGE
    has_blanket = (lies or rest.name == GROUND) and is_upright
    return Slot(figure, x, posture, seat, max(_LEAST_ROOM, room), has_blanket=has_blanket)


def _length_of(figure: Figure) -> float:
    """Return the length of a lying figure."""
    return height_of(figure) if figure.look.species in UPRIGHT else _CURLED * size_of(figure.look)


def _crown(slots: Sequence[Slot]) -> float:
    """Return the height of the highest head above the ground."""
    return max(slot.seat + _HEADS.get(slot.posture, sitting_height_of)(slot.figure.look) for slot in slots)


def _head(look: Look) -> float:
    return HEAD * 1.8 * float(size_of(look) ** 0.42)


_HEADS: dict[Posture, Callable[[Look], float]] = {
    Posture.TUCKED: _head,
    Posture.LYING: _head,
    Posture.CURLED: _head,
    Posture.STANDING: lambda look: height_of(Figure("", look)),
}


def _on_bearer(group: Group, bearer: Figure) -> Arrangement:
    """Return riders on a back: a whale's, or that of a beast on all fours, enlarged for its riders if needed."""
    if bearer.look.species in UPRIGHT:
        return _on_shoulders(group, bearer)
    if bearer.look.species is Species.WHALE:
        size = whale_size_of(bearer.look)
        slot, x, seat = Slot(bearer), _WHALE_BACK[0] * size, _WHALE_BACK[1] * size
        width = span_of(bearer)
    else:
        factor = _carrying_size(bearer.look, group.figures)
        size = size_of(bearer.look) * factor
        flies = bearer.action is Action.FLY
        slot = Slot(bearer, -70 * size, Posture.GLIDING if flies else Posture.BEARING, size=factor)
        x, seat = (each * factor for each in back_of(bearer.look))
        x, seat = x + slot.x, seat + (GLIDING_LIFT * size if flies else 0.0)
        width = _ON_ALL_FOURS * size
    last = len(group.figures) - 1
    riders = [
        Slot(rider, x + _BACK_ROOM * (index - last / 2), Posture.ASTRIDE, seat, _BACK_ROOM)
        for index, rider in enumerate(group.figures)
    ]
    return Arrangement(group, (slot, *riders), width, _crown(riders))


def _on_shoulders(group: Group, bearer: Figure) -> Arrangement:
    """Return riders on an upright bearer: a small one on one shoulder, a larger one on both."""
    size = size_of(bearer.look)
    shoulders = leg_of(bearer.look) + TRUNK * size
    slots: list[Slot] = []
    for side, rider in zip((1, -1), group.figures, strict=False):
        if size_of(rider.look) < _LIGHT * size or len(group.figures) > 1:
            slots.append(Slot(rider, side * 84 * size, Posture.SEATED, shoulders, _SHOULDER_ROOM))
        else:
            slots.append(Slot(rider, 0.0, Posture.SHOULDERED, shoulders + 116 * size**0.42, _SHOULDER_ROOM))
    return Arrangement(group, (Slot(bearer), *slots), span_of(bearer) + 60, _crown(slots))


def _carrying_size(look: Look, riders: Sequence[Figure]) -> float:
    """Return the factor by which a bearer that is too small for its riders is enlarged."""
    needed = max(size_of(rider.look) for rider in riders) * (1.0 if len(riders) == 1 else _CROWDED)
    return max(1.0, needed / size_of(look))
