"""Held things, and the figures that hold them: after a verb of holding, as a tool, or in somebody's hand."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from illustrator.parsing.clauses import Actor, Clause
from illustrator.parsing.grammar import CONJUNCTIONS, PREPOSITIONS
from illustrator.parsing.language import STOPS, verbs
from illustrator.parsing.things import Thing
from illustrator.props import Size, Stand, props
from illustrator.vocabulary.tables import word_set

_IN_HAND = word_set("in_hand")
_LOOKED_THROUGH = frozenset({"telescope", "magnifying glass", "binoculars", "camera"})
_BETWEEN = frozenset({"of", "up", "out", "a", "an", "the", "on", "onto"})
_VERB_REACH = 8
_ADJECTIVES = 4


def held_things(
    words: Sequence[str], clauses: Sequence[Clause], actors: Sequence[Actor], things: Sequence[Thing]
) -> Mapping[int, str]:
    """Return the name of the first thing that each figure holds, by the figure's number."""
    held: dict[int, str] = {}
    for thing in things:
        for figure in _holders(words, clauses, actors, things, thing):
            held.setdefault(figure, thing.name)
    return held


def _holders(
    words: Sequence[str],
    clauses: Sequence[Clause],
    actors: Sequence[Actor],
    things: Sequence[Thing],
    thing: Thing,
) -> Sequence[int]:
    clause = next(each for each in clauses if each.start <= thing.start < each.end)
    if props()[thing.name].size is Size.HUGE:
        return ()
    if _is_in_hand(words, thing):
        before = [actor for actor in actors if clause.start <= actor.start < thing.start]
        return before[-1].figures if before else clause.subjects or ()
    link = _word_over_adjectives(words, thing.start)
    owner = next((actor for actor in actors if actor.end == link), None)
    if words[link] == "with" and owner is not None and _is_handy(thing):
        return owner.figures
    is_tool = (
        words[link] == "with"
        and props()[thing.name].stands is Stand.HAND
        and not any(other.end == link for other in things)
    )
    is_above = words[link] in ("under", "beneath", "below") and thing.name in ("umbrella", "beach umbrella")
    is_used = words[link] in ("through", "into") and thing.name in _LOOKED_THROUGH
    return (clause.subjects or ()) if is_tool or is_above or is_used or _is_after_holding(words, clause, thing) else ()


def _is_after_holding(words: Sequence[str], clause: Clause, thing: Thing) -> bool:
    strict, loose = _holding_words()
    for back in range(thing.start - 1, max(clause.start, thing.start - _VERB_REACH) - 1, -1):
        word = words[back]
        if word in strict:
            return True
        if word in loose:
            return _is_handy(thing)
        if word in CONJUNCTIONS or word in STOPS - {","} or (word in PREPOSITIONS and word not in _BETWEEN):
            return False
    return False


def _word_over_adjectives(words: Sequence[str], start: int) -> int:
    """Return the position of the last preposition, conjunction or stop before a noun, else of the word before it."""
    for back in range(start - 1, max(-1, start - 1 - _ADJECTIVES), -1):
        if words[back] in PREPOSITIONS or words[back] in STOPS or words[back] in CONJUNCTIONS:
            return back
    return max(0, start - 1)


def _is_in_hand(words: Sequence[str], thing: Thing) -> bool:
    following = words[thing.end : thing.end + 4]
    return following[:1] in (("in",), ("under",), ("between",)) and any(word in _IN_HAND for word in following)


def _is_handy(thing: Thing) -> bool:
    prop = props()[thing.name]
    return prop.stands is Stand.HAND or prop.size is Size.SMALL


@cache
def _holding_words() -> tuple[frozenset[str], frozenset[str]]:
    """Return all forms of the verbs that hold anything, and of those that hold only things small enough for a hand."""
    return frozenset(_forms("holding", "held")), frozenset(_forms("handling", "handled"))


def _forms(regular: str, irregular: str) -> Iterator[str]:
    yield from (form for form, _ in verbs(sorted(word_set(regular)), None))
    yield from word_set(irregular)
