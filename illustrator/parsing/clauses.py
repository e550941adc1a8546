"""The subjects of each clause: in "Aria waves while Milo sleeps" Aria waves and Milo sleeps."""

from collections.abc import Sequence
from dataclasses import dataclass

from illustrator.parsing.grammar import CONJUNCTIONS, PREPOSITIONS
from illustrator.parsing.language import STOPS
from illustrator.vocabulary.tables import word_set

_CLAUSE_ENDS = frozenset(".;:!?—–()…")
_LINKS = frozenset({"and", ","})
_TOGETHER = frozenset({"with", "alongside"})
_PICTURES = word_set("pictures")
_DESCRIBING = word_set("describing")
_OWN_VERB_REACH = 4
_ADJECTIVES = 3


@dataclass(frozen=True)
class Actor:
    """The words from `start` to before `end` that name one figure, several figures, or none, by their numbers.

    An actor without figures is a thing that does something: in "flags fly" no figure flies.
    """

    start: int
    end: int
    figures: tuple[int, ...]


@dataclass
class Clause:
    """The words from `start` to before `end`, with the subjects of their verbs, their companions and their objects.

    `subjects` is None when the clause names none, and empty when a thing is the subject.
    """

    start: int
    end: int
    subjects: tuple[int, ...] | None = None
    companions: tuple[int, ...] = ()
    objects: tuple[int, ...] = ()


def clauses_of(
    words: Sequence[str], actors: Sequence[Actor], verbs: frozenset[int], unnamed: tuple[int, ...]
) -> list[Clause]:
    """Return the clauses of the words; a clause that names no subjects has those of the clause before it.

    `verbs` are the positions of words that say what somebody does, `unnamed` the subjects before any is named.
    """
    clauses = [Clause(0, 0)]
    by_start = {actor.start: actor for actor in actors}
    for position, word in enumerate(words):
        if word in _CLAUSE_ENDS or word in CONJUNCTIONS:
            clauses.append(Clause(position, position))
        elif word == "who":
            last = [actor for actor in actors if actor.end <= position]
            clauses.append(Clause(position, position, last[-1].figures if last else None))
        if position in by_start:
            _meet(clauses, words, by_start[position], actors, verbs)
        clauses[-1].end = position + 1
    people = unnamed
    for clause in clauses:
        if clause.subjects is None:
            clause.subjects = people
        people = clause.subjects or people
    return clauses


def _meet(
    clauses: list[Clause], words: Sequence[str], actor: Actor, actors: Sequence[Actor], verbs: frozenset[int]
) -> None:
    """Add an actor to the last clause: as a subject, a companion or an object, or as the subject of a new clause."""
    clause = clauses[-1]
    before = _word_before(words, actor)
    has_verb = any(clause.start <= verb < actor.start for verb in verbs)
    joins_companions = bool(clause.companions) and before in _LINKS and not _has_own_verb(words, actor, actors, verbs)
    if before in _TOGETHER or joins_companions:
        clause.companions = (*clause.companions, *actor.figures)
    elif before in PREPOSITIONS and not _is_what_is_shown(words, actor, clause):
        clause.objects = (*clause.objects, *actor.figures)
    elif clause.subjects is None:
        clause.subjects = actor.figures
    elif not has_verb and before in _LINKS:
        clause.subjects = (*clause.subjects, *actor.figures)
    elif _is_watched(words, actor, verbs) or (before in _LINKS and _has_own_verb(words, actor, actors, verbs)):
        clauses.append(Clause(actor.start, actor.start, actor.figures))
    else:
        clause.objects = (*clause.objects, *actor.figures)


def _is_what_is_shown(words: Sequence[str], actor: Actor, clause: Clause) -> bool:
    """Return True if the actor is the subject of a picture, as in "a close-up of Mina asleep"."""
    said = words[max(clause.start, actor.start - _ADJECTIVES - 2) : actor.start]
    return clause.subjects is None and "of" in said and not _PICTURES.isdisjoint(said)


def _word_before(words: Sequence[str], actor: Actor) -> str:
    """Return the word before an actor, skipping articles, numbers and plain adjectives, or any adjective of a thing."""
    back = actor.start - 1
    while back >= 0 and (words[back] in _DESCRIBING or (not actor.figures and _is_adjective(words, back, actor.start))):
        back -= 1
    return words[back] if back >= 0 else ""


def _is_adjective(words: Sequence[str], position: int, start: int) -> bool:
    word = words[position]
    return start - position <= _ADJECTIVES and word not in STOPS | PREPOSITIONS | CONJUNCTIONS | _LINKS


def _is_watched(words: Sequence[str], actor: Actor, verbs: frozenset[int]) -> bool:
    """Return True if a verb without an ending follows the actor, as in "Aria watches Milo mend a net"."""
    return bool(actor.figures) and actor.end in verbs and not words[actor.end].endswith(("s", "ed"))


def _has_own_verb(words: Sequence[str], actor: Actor, actors: Sequence[Actor], verbs: frozenset[int]) -> bool:
    following = min((other.start for other in actors if other.start > actor.start), default=len(words))
    for position in range(actor.end, min(following, actor.end + _OWN_VERB_REACH)):
        if words[position] in STOPS:
            return False
        if position in verbs or words[position] in ("is", "are", "has", "looks", "feels"):
            return True
    return False
