"""Groups of figures by what they rest on: the thing that the words name, else a seat or bed of the scene or place."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from illustrator.places.furnishings import bed_of, seat_of, table_of
from illustrator.places.registry import SETTINGS, Ground
from illustrator.rests import GROUND, Rest, rest_named
from illustrator.scene import Action, Figure, Place, SceneIdea, Species

UPRIGHT = {Species.HUMAN, Species.ROBOT}
"""Species that never go on all fours."""
_ON_A_BACK = 2
_BEDS = ("bed", "sofa", "armchair", "carpet", "cushion")
_SEATS = (
    *("throne", "armchair", "sofa", "bench", "chair", "swing", "log", "tree stump", "hay bale", "cushion"),
    *("blanket", "rock", "stairs"),
)
_SEATED_AT = {"table": "chair", "desk": "chair", "piano": "stool", "loom": "stool"}
"""Things that one sits at, and the seat at each."""
_AROUND = {"table": 4, "desk": 2}
"""Things that are drawn before the figures that sit at them, and the number of figures at each."""
_SEATS_AT_TABLES = {"chair", "stool", "bench", "wheelchair"}


@dataclass(frozen=True)
class Group:
    """Figures that rest on one thing or one bearer, or one figure that rests on nothing; and a table before them.

    `thing` is the name of what they rest on among the things of the scene.
    """

    figures: tuple[Figure, ...]
    thing: str = ""
    rest: Rest | None = None
    bearer: Figure | None = None
    table: str | None = None

    @property
    def everybody(self) -> tuple[Figure, ...]:
        """Return the figures and their bearer."""
        return self.figures if self.bearer is None else (self.bearer, *self.figures)

    @property
    def has_seats_of_their_own(self) -> bool:
        """Return True if each of several figures at a table has its own chair."""
        return self.rest is not None and len(self.figures) > self.rest.seats


def groups_of(idea: SceneIdea, figures: Sequence[Figure], ground: Ground) -> list[Group]:
    """Return the figures in groups, in the order of each group's first figure."""
    bearers = _bearers(figures)
    groups: list[Group] = []
    for number, figure in enumerate(figures):
        if number in bearers:
            riders = tuple(figures[rider] for rider in bearers[number])
            groups.append(Group(riders, bearer=figure))
        elif not any(number in riders for riders in bearers.values()):
            thing, rest = _rest_of(idea, figure, ground, groups)
            _join(groups, Group((figure,), thing, rest, table=_table_of(rest, idea)), idea.props.get(thing, 0))
    return groups


def used_by(groups: Sequence[Group], idea: SceneIdea) -> Counter[str]:
    """Return the number of each thing that the groups rest on or sit at, so that those are not drawn a second time.

    A plural without a number has no known count, so several figures share all of it.
    """
    used: Counter[str] = Counter()
    users: Counter[str] = Counter()
    for group in groups:
        names = {group.thing, group.table or "", *(figure.rests_on or "" for figure in group.figures)}
        used.update(names)
        users.update(dict.fromkeys(names, len(group.figures)))
    for name in used:
        if users[name] > 1:
            used[name] = max(used[name], idea.props.get(name, 0))
    return used


def _bearers(figures: Sequence[Figure]) -> Mapping[int, list[int]]:
    """Return the numbers of the figures that bear others, with the numbers of their riders."""
    names = {figure.name: number for number, figure in reversed(list(enumerate(figures))) if figure.name}
    on = {number: names[figure.rests_on] for number, figure in enumerate(figures) if figure.rests_on in names}
    bearers: dict[int, list[int]] = {}
    for rider, bearer in on.items():
        is_free = bearer != rider and bearer not in on and len(bearers.get(bearer, ())) < _ON_A_BACK
        if is_free and figures[rider].look.species is not Species.WHALE:
            bearers.setdefault(bearer, []).append(rider)
    return bearers


def _join(groups: list[Group], other: Group, count: int) -> None:
    """Add a figure to the group that rests on the same thing if it has room, else as a group of its own; each of
    `count` animals or vehicles has its own group.
    """
    rest = other.rest
    room = 0 if rest is None else _AROUND.get(other.table or "", rest.seats)
    same = [index for index, group in enumerate(groups) if rest is not None and group.rest == rest]
    free = next((index for index in same if len(groups[index].figures) < room), None)
    if free is None or (rest is not None and rest.faces and len(same) < count):
        groups.append(other)
    else:
        groups[free] = replace(groups[free], figures=(*groups[free].figures, *other.figures))


def _rest_of(idea: SceneIdea, figure: Figure, ground: Ground, groups: Sequence[Group]) -> tuple[str, Rest | None]:
    for name in _offers(idea, figure, groups):
        rest = rest_named(name, idea.words.get(name))
        if rest is not None and _bears(rest, figure, ground, idea.place):
            return name, rest
    return "", None


def _offers(idea: SceneIdea, figure: Figure, groups: Sequence[Group]) -> Iterator[str]:
    """Yield the names of the things that the figure may rest on, the best first."""
    if figure.rests_on is not None:
        yield figure.rests_on
    sleeps = figure.action is Action.SLEEP
    if figure.rests_on == GROUND or not (sleeps or figure.action is Action.SIT):
        return
    taken = {group.rest.name for group in groups if group.rest is not None}
    if sleeps:
        yield from (name for name in _BEDS if name in idea.props)
        yield from bed_of(idea.place)
        if figure.look.species not in UPRIGHT and _has_a_floor(idea.place):
            yield "cushion"
        yield GROUND
        return
    yield from (name for name in _SEATS if name in idea.props)
    yield from (seat for at, seat in _SEATED_AT.items() if at in idea.props)
    yield from (seat for seat in seat_of(idea.place) if seat != "throne" or seat not in taken)


def _has_a_floor(place: Place) -> bool:
    return SETTINGS[place].is_indoors and place is not Place.CAVE


def _bears(rest: Rest, figure: Figure, ground: Ground, place: Place) -> bool:
    """Return True if the thing bears this figure here. At sea only what swims or flies does, apart from the boat."""
    if figure.look.species is Species.WHALE or (rest.name == GROUND and figure.action is not Action.SLEEP):
        return False
    if rest.name == "boat" and (ground is Ground.WATER or place is Place.SHIP):
        return False
    if ground is Ground.WATER:
        return bool(rest.faces or rest.floats)
    return ground is not Ground.NOTHING or rest.name != GROUND


def _table_of(rest: Rest | None, idea: SceneIdea) -> str | None:
    """Return the table or desk at which such a seat stands."""
    if rest is None or rest.name not in _SEATS_AT_TABLES:
        return None
    return next((name for name in _AROUND if name in idea.props), table_of(idea.place))
