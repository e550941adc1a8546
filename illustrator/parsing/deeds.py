"""The deeds of the figures: their moods, actions and held things, clause by clause."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from illustrator.parsing.clauses import Actor, Clause, clauses_of
from illustrator.parsing.grammar import PREPOSITIONS, is_noun
from illustrator.parsing.holding import held_things
from illustrator.parsing.language import STOPS, Hit, Lexicon, denied, positions_of, verbs
from illustrator.parsing.resting import Bearer, bearers_of
from illustrator.parsing.things import Thing
from illustrator.scene import Action, Mood
from illustrator.vocabulary.tables import rows_of, word_set, words_in

_ALSO_NOUNS = word_set("also_nouns")
_AMBIGUOUS_MOODS = word_set("ambiguous_moods")
_DOERS = word_set("doers")
_CARRYING = frozenset({"carry", "carries", "carrying", "carried", "brings", "bring", "bringing", "brought"})
_CHASING = frozenset({"chase", "chases", "chasing", "chased"})
_WAYS = word_set("ways")
_WALKING_RANK = 2
_FLOWN = frozenset({"kite", "balloon", "flag", "paper airplane", "drone"})
_ARTICLES = frozenset({"the", "a", "an", "of", "his", "her", "their", "its", "no", "some"})
_SHARED = frozenset({Action.HUG, Action.FIGHT})
_MOOD_OF = {Action.SLEEP: Mood.SLEEPY, Action.CHEER: Mood.HAPPY, Action.FIGHT: Mood.ANGRY, Action.HUG: Mood.HAPPY}


@dataclass
class Deed:
    """The deed of one figure; None where the words say nothing. `rests_on` is a thing's name or a figure's number."""

    mood: Mood | None = None
    action: Action | None = None
    rank: int = -1
    holds: str | None = None
    rests_on: Bearer | None = None

    def feel(self, mood: Mood) -> None:
        """Set the mood unless another than calm is set already."""
        if self.mood in (None, Mood.CALM):
            self.mood = mood

    def act(self, action: Action, rank: int) -> None:
        """Set the action if its rank is higher than the rank of the present one."""
        if rank > self.rank:
            self.action, self.rank = action, rank


def deeds_of(
    words: Sequence[str], actors: Sequence[Actor], things: Sequence[Thing], figure_count: int
) -> tuple[list[Deed], frozenset[int]]:
    """Return the deed of each of `figure_count` figures, and the positions of the words that express deeds.

    When the words name no actor, all figures do what the words say.
    """
    deeds = [Deed() for _ in range(figure_count)]
    known = frozenset(position for actor in actors for position in range(actor.start, actor.end))
    thing_ends = frozenset(thing.end - 1 for thing in things)
    known |= thing_ends
    starts = frozenset(actor.start for actor in actors)
    actions = [hit for hit in _actions().find(words) if hit.end in starts or _is_deed(words, hit, known)]
    moods = [hit for hit in _moods().find(words) if _is_mood(words, hit, known)]
    actions = [hit for hit in actions if not (words[hit.start].endswith("ing") and hit.start - 1 in thing_ends)]
    verbs_at = frozenset(hit.start for hit in actions)
    everybody = sorted([*actors, *_doing_things(words, things, verbs_at)], key=lambda actor: actor.start)
    clauses = clauses_of(
        words, everybody, verbs_at | {mood.start for mood in moods}, () if actors else tuple(range(figure_count))
    )
    for action in actions:
        _act(words, _clause_at(clauses, action.start), action, deeds)
    for mood in moods:
        for figure in _who_feels(words, mood, actors, _clause_at(clauses, mood.start)):
            deeds[figure].feel(mood.meaning)
    for figure, thing in held_things(words, clauses, actors, things).items():
        deeds[figure].holds = thing
    for figure, bearer in bearers_of(words, clauses, actors, things, [deed.action for deed in deeds]).items():
        deeds[figure].rests_on = bearer
    for deed in deeds:
        _complete(deed)
    return deeds, positions_of(actions) | positions_of(moods)


def _doing_things(words: Sequence[str], things: Sequence[Thing], verbs_at: frozenset[int]) -> Iterator[Actor]:
    """Yield the things, and subjects such as rain, right before a verb: they, and no figure, do what the verb says."""
    ends = {thing.end: thing.start for thing in things}
    ends |= {position + 1: position for position, word in enumerate(words) if word in _DOERS}
    for end, start in ends.items():
        if end in verbs_at or (end + 1 in verbs_at and words[end].endswith("ly")):
            yield Actor(start, end, ())


def _is_mood(words: Sequence[str], hit: Hit[Mood], known: frozenset[int]) -> bool:
    if denied(words, hit.start, hit.end):
        return False
    return hit.phrase not in _AMBIGUOUS_MOODS or not is_noun(words, hit.start, known)


def _clause_at(clauses: Sequence[Clause], position: int) -> Clause:
    return next(clause for clause in clauses if clause.start <= position < clause.end)


def _act(words: Sequence[str], clause: Clause, hit: Hit[tuple[Action, int]], deeds: Sequence[Deed]) -> None:
    action, rank = hit.meaning
    if hit.phrase in _CARRYING and not _WAYS.isdisjoint(words[hit.end : clause.end]):
        action, rank = Action.WALK, _WALKING_RANK
    others = clause.objects if action in _SHARED or hit.phrase in _CHASING else ()
    for figure in (*(clause.subjects or ()), *clause.companions, *others):
        deeds[figure].act(action, rank)


def _who_feels(words: Sequence[str], hit: Hit[Mood], actors: Sequence[Actor], clause: Clause) -> Iterable[int]:
    """Return the figures that the mood describes, as in "a happy Milo" or "the frightened fox", else the subjects."""
    for actor in actors:
        if actor.start == hit.end and words[hit.end - 1] not in PREPOSITIONS:
            return actor.figures
        if actor.start == hit.end + 1 and words[hit.end] not in STOPS | {"and", "at", "to", "because"}:
            return actor.figures
    return clause.subjects or ()


def _complete(deed: Deed) -> None:
    if deed.mood is None and deed.action is not None:
        deed.mood = _MOOD_OF.get(deed.action)
    if deed.action in (None, Action.STAND) or (deed.action is Action.FLY and deed.holds in _FLOWN):
        deed.action = Action.HOLD if deed.holds is not None else deed.action


def _is_deed(words: Sequence[str], hit: Hit[tuple[Action, int]], known: frozenset[int]) -> bool:
    if denied(words, hit.start, hit.end) or hit.start in known:
        return False
    if hit.end > hit.start + 1:
        return True
    if hit.start and words[hit.start - 1] in _ARTICLES:
        return False
    after = words[hit.end] if hit.end < len(words) else ""
    if hit.start and words[hit.start - 1] == "and" and after in PREPOSITIONS and hit.phrase.endswith("s"):
        return True
    return not (hit.phrase in _ALSO_NOUNS and is_noun(words, hit.start, known))


@cache
def _actions() -> Lexicon[tuple[Action, int]]:
    entries: list[tuple[str, tuple[Action, int]]] = []
    for row in rows_of("actions"):
        meaning = Action(row["action"]), int(row["rank"])
        for word in words_in(row["words"]):
            entries += verbs([word[3:]], meaning) if word.startswith("to ") else [(word, meaning)]
    return Lexicon(sorted(entries, key=lambda entry: -entry[1][1]))


@cache
def _moods() -> Lexicon[Mood]:
    entries: list[tuple[str, Mood]] = []
    for row in rows_of("moods"):
        for word in words_in(row["words"]):
            meaning = Mood(row["mood"])
            entries += verbs([word[3:]], meaning) if word.startswith("to ") else [(word, meaning)]
    return Lexicon(entries)
