"""Who the subjects are, clause by clause: in "Aria waves while Milo sleeps" first the one and then the other."""

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
    """Whoever the words from `start` to before `end` speak of: the numbers of one figure, of several, or of none.

    No figure is a thing that does something: in "flags fly" nobody of the cast does.
    """

    start: int
    end: int
    figures: tuple[int, ...]


@dataclass
class Clause:
    """The words from `start` to before `end`, who does what they say, who does it too, and to whom it is done.

    Without `subjects` those of the clause before are meant; an empty tuple is a thing that does something.
    """

    start: int
    end: int
    subjects: tuple[int, ...] | None = None
    companions: tuple[int, ...] = ()
    objects: tuple[int, ...] = ()


def clauses_of(
    words: Sequence[str], actors: Sequence[Actor], verbs: frozenset[int], unnamed: tuple[int, ...]
) -> list[Clause]:
    """The clauses of the words, all with their subjects; one that names none has those of the clause before it.

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
    """Somebody is spoken of: as the subject, as one more, with somebody, or as whom it is done to."""
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
    """Whether somebody is the subject of a picture, as in "a close-up of Mina asleep"."""
    said = words[max(clause.start, actor.start - _ADJECTIVES - 2) : actor.start]
    return clause.subjects is None and "of" in said and not _PICTURES.isdisjoint(said)


def _word_before(words: Sequence[str], actor: Actor) -> str:
    """The word before somebody, over articles, numbers and plain adjectives; over any adjectives before a thing."""
    back = actor.start - 1
    while back >= 0 and (words[back] in _DESCRIBING or (not actor.figures and _is_adjective(words, back, actor.start))):
        back -= 1
    return words[back] if back >= 0 else ""


def _is_adjective(words: Sequence[str], position: int, start: int) -> bool:
    word = words[position]
    return start - position <= _ADJECTIVES and word not in STOPS | PREPOSITIONS | CONJUNCTIONS | _LINKS


def _is_watched(words: Sequence[str], actor: Actor, verbs: frozenset[int]) -> bool:
    """Whether a verb without an ending follows, as in "Aria watches Milo mend a net"."""
    return bool(actor.figures) and actor.end in verbs and not words[actor.end].endswith(("s", "ed"))


def _has_own_verb(words: Sequence[str], actor: Actor, actors: Sequence[Actor], verbs: frozenset[int]) -> bool:
    following = min((other.start for other in actors if other.start > actor.start), default=len(words))
    for position in range(actor.end, min(following, actor.end + _OWN_VERB_REACH)):
        if words[position] in STOPS:
            return False
        if position in verbs or words[position] in ("is", "are", "has", "looks", "feels"):
            return True
    return False
