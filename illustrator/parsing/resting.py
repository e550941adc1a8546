"""Bearers of figures: seats, beds, vehicles, the backs of animals, and the shoulders of other figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from illustrator.bodies.poses import Posture
from illustrator.parsing.clauses import Actor, Clause
from illustrator.parsing.grammar import CONJUNCTIONS, PREPOSITIONS
from illustrator.parsing.language import STOPS, denied, verbs
from illustrator.parsing.things import Thing, prop_lexicon
from illustrator.rests import GROUND, Rest, rest_named
from illustrator.scene import Action
from illustrator.vocabulary.tables import word_set

_ON = word_set("resting_on")
_PARTS = word_set("parts_to_rest_on")
_FLOORS = word_set("floors")
_LOW = word_set("low_postures")
_BEING_ON = word_set("being_on")
_TO_BE_IN = word_set("seats_to_be_in")
_BESIDE = word_set("beside")
_SAT_AT = word_set("sat_at")
_BACKS = frozenset({"back", "shoulder", "shoulders"})
_OWN = frozenset({"his", "her", "its", "their"})
_ASTRIDE = frozenset({"astride", "atop", "aboard"})
_HORSEBACK = "horseback"
_RESTING = frozenset({Action.SIT, Action.SLEEP, Action.READ})
_LOOKING_OUT = frozenset({Action.WAVE, Action.POINT, Action.CHEER, Action.STAND, Action.SIT})
_REACH = 8

Bearer = str | int
"""The name of a thing, or the number of a figure."""


@dataclass(frozen=True)
class _Candidate:
    """A thing or a figure that may bear another, named by the words from `start` on, and the word that links it to its
    rider: a preposition, or the verb whose object it is. With `has_back` the words say "on the back of".
    """

    start: int
    bearer: Bearer
    rest: Rest | None
    link: int
    is_object: bool
    has_back: bool


def bearers_of(
    words: Sequence[str],
    clauses: Sequence[Clause],
    actors: Sequence[Actor],
    things: Sequence[Thing],
    actions: Sequence[Action | None],
) -> Mapping[int, Bearer]:
    """Return the first bearer that the words give to each figure, by the figure's number.

    `actions` are the actions of the figures.
    """
    found: dict[int, Bearer] = {}
    for candidate in sorted(_candidates(words, actors, things), key=lambda each: each.start):
        clause = next(each for each in clauses if each.start <= candidate.start < each.end)
        for figure in _riders(words, clause, actors, things, candidate, actions):
            if figure != candidate.bearer:
                found.setdefault(figure, candidate.bearer)
    for figure, bearer in (*_carried(words, clauses, actors, things), *_low_ones(words, clauses, things, actions)):
        found.setdefault(figure, bearer)
    return found


def _candidates(words: Sequence[str], actors: Sequence[Actor], things: Sequence[Thing]) -> Iterator[_Candidate]:
    for thing in things:
        yield from _candidate(words, thing.start, thing.end, thing.name, rest_named(thing.name, thing.word))
    starts = {thing.start for thing in things}
    for actor in actors:
        if len(actor.figures) == 1 and actor.end not in starts:
            yield from _candidate(words, actor.start, actor.end, actor.figures[0], None)
    for position, word in enumerate(words):
        if word == _HORSEBACK:
            yield from _candidate(words, position, position + 1, "horse", rest_named("horse"))
        elif word == "'s" and _BACKS.intersection(words[position + 1 : position + 3]):
            for start in range(max(0, position - 2), position):  # "on the horse's back", where a horse is not a thing
                hit = prop_lexicon().at(words, start)
                if hit is not None and hit.end == position and _is_ridden(hit.meaning):
                    yield from _candidate(words, start, position, hit.meaning, rest_named(hit.meaning))


def _is_ridden(name: str) -> bool:
    rest = rest_named(name)
    return rest is not None and rest.posture is Posture.ASTRIDE


def _candidate(words: Sequence[str], start: int, end: int, bearer: Bearer, rest: Rest | None) -> Iterator[_Candidate]:
    """Yield the candidate, if it is a figure or a thing to rest on, and a word before it links it to a figure."""
    if (rest is None and isinstance(bearer, str)) or denied(words, start, end):
        return
    is_owner = words[end : end + 1] == ("'s",)
    has_back = is_owner and not _BACKS.isdisjoint(words[end + 1 : end + 3])
    if is_owner and not has_back:
        return
    back = start - 1
    while back >= max(0, start - _REACH):
        word = words[back]
        if word in _riding():
            yield _Candidate(start, bearer, rest, back, is_object=True, has_back=has_back)
            return
        if word == "of" and words[back - 1] in _PARTS:
            has_back = has_back or words[back - 1] in _BACKS
            back -= 1
        elif word in _ON or (word == "from" and rest is not None and rest.front):
            yield _Candidate(start, bearer, rest, back, is_object=False, has_back=has_back)
            return
        elif word in PREPOSITIONS or word in STOPS or word in CONJUNCTIONS or word == "and":
            return
        back -= 1


def _riders(
    words: Sequence[str],
    clause: Clause,
    actors: Sequence[Actor],
    things: Sequence[Thing],
    candidate: _Candidate,
    actions: Sequence[Action | None],
) -> Iterator[int]:
    """Yield the figures that rest on the candidate, according to the words."""
    subjects = set(clause.subjects or ())
    mentioned = [actor for actor in actors if actor.figures and clause.start <= actor.start < clause.end]
    before = [actor for actor in mentioned if actor.end <= candidate.link]
    later = {figure for actor in mentioned if actor not in before for figure in actor.figures}
    subjects -= later - {figure for actor in before for figure in actor.figures}  # "Leo is in bed and Mina brings soup"
    subjects |= set(clause.companions)
    if candidate.is_object:
        yield from sorted(subjects)
        return
    nearest = set(before[-1].figures) if before and before[-1].end == candidate.link else set()
    has_thing_between = any(it.end == candidate.link and it.name != candidate.bearer for it in things)
    for figure in sorted(subjects | nearest):
        action = actions[figure]
        if not nearest <= subjects and figure not in nearest and action not in (Action.SIT, Action.SLEEP):
            continue  # the subject of "waves at Leo on the bench"
        is_elsewhere = has_thing_between and _is_elsewhere(candidate, action)
        if not is_elsewhere and _bears(words, candidate, action, is_right_before=figure in nearest):
            yield figure


def _is_elsewhere(candidate: _Candidate, action: Action | None) -> bool:
    """Return True if the words place a thing and not the figure: "a lamp on the table", but not "a book in bed"."""
    return candidate.rest is not None and (candidate.rest.can_be_stood_on or action not in _RESTING)


def _bears(words: Sequence[str], candidate: _Candidate, action: Action | None, *, is_right_before: bool) -> bool:
    """Return True if a figure with this action, perhaps named right before the preposition, rests on the candidate."""
    rest, link = candidate.rest, words[candidate.link]
    if rest is None:
        springs = link == "onto" and action in (Action.RUN, Action.CLIMB)
        return candidate.has_back or link in _ASTRIDE or springs or (link == "on" and action is Action.SIT)
    can_be_in = rest.front or rest.name in _TO_BE_IN or rest.posture in (Posture.TUCKED, Posture.LYING)
    if link in ("in", "into", "inside") and not can_be_in:
        return False
    if link == "from":
        return action in _LOOKING_OUT
    moves = bool(rest.faces or rest.front or rest.floats)
    is_there = not _BEING_ON.isdisjoint(words[max(0, candidate.link - 2) : candidate.link])
    return moves or is_right_before or is_there or action in _RESTING


def _carried(
    words: Sequence[str], clauses: Sequence[Clause], actors: Sequence[Actor], things: Sequence[Thing]
) -> Iterator[tuple[int, Bearer]]:
    """Yield rider and bearer of "Ember carries Mina on his back", and of "Mina rides on his back" after his name."""
    for clause in clauses:
        for link in range(clause.start, clause.end - 2):
            is_back = words[link] in ("on", "upon", "onto") and words[link + 1] in _OWN
            if not is_back or _BACKS.isdisjoint(words[link + 2 : link + 4]):
                continue
            if any(thing.end == link for thing in things):
                continue  # a sack on his back
            subjects = clause.subjects or ()
            named = [actor for actor in actors if actor.figures and actor.end <= link]
            riders = {it for actor in named if actor.start >= clause.start for it in actor.figures} - set(subjects[:1])
            beasts = [thing.name for thing in things if clause.start <= thing.start < link and _is_ridden(thing.name)]
            if riders and (subjects or beasts):
                yield from ((rider, subjects[0] if subjects else beasts[0]) for rider in sorted(riders))
            elif not _mounting().isdisjoint(words[max(clause.start, link - 2) : link]):
                others = [actor.figures[0] for actor in named if not set(actor.figures) & set(subjects)]
                yield from ((subject, others[-1]) for subject in subjects if others)


def _low_ones(
    words: Sequence[str], clauses: Sequence[Clause], things: Sequence[Thing], actions: Sequence[Action | None]
) -> Iterator[tuple[int, Bearer]]:
    """Yield the figures that crouch, or sit or lie on the bare ground despite seats, or beside a seat."""
    for clause in clauses:
        said = words[clause.start : clause.end]
        is_low = not _LOW.isdisjoint(said) or any(
            word in ("on", "in") and not _FLOORS.isdisjoint(said[position + 1 : position + 4])
            for position, word in enumerate(said)
        )
        seats = [thing for thing in things if clause.start <= thing.start < clause.end and rest_named(thing.name)]
        if is_low or any(_is_beside(words, thing) for thing in seats):
            for figure in (*(clause.subjects or ()), *clause.companions):
                if actions[figure] in _RESTING:
                    yield figure, GROUND


def _is_beside(words: Sequence[str], thing: Thing) -> bool:
    before = words[max(0, thing.start - 4) : thing.start]
    return thing.name not in _SAT_AT and not _BESIDE.isdisjoint(before) and STOPS.isdisjoint(before)


@cache
def _riding() -> frozenset[str]:
    """Return all forms of the verbs whose object bears their subject."""
    return _forms("riding")


@cache
def _mounting() -> frozenset[str]:
    return _riding() | _forms("mounting")


def _forms(name: str) -> frozenset[str]:
    return frozenset(form for form, _ in verbs(sorted(word_set(name)), None))
