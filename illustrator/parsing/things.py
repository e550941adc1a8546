"""The things in a text, with their numbers, except those that are denied, narrated, compared with or only worn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from illustrator.parsing.descriptions import color_words
from illustrator.parsing.evidence import is_only_compared, is_only_told, is_place_of_scene
from illustrator.parsing.grammar import (
    CONJUNCTIONS,
    DETERMINERS,
    NUMBERS,
    PREPOSITIONS,
    count_before,
    is_noun,
    is_plural,
)
from illustrator.parsing.language import Hit, Lexicon, denied, nouns, plural_of, words_of
from illustrator.props import props
from illustrator.vocabulary.tables import word_set

# Words that can be verbs too: they are things only in the position of a noun.
_ALSO_VERBS = word_set("also_verbs")
_WORN = word_set("worn")
_WEARING = frozenset({"in", "wearing", "wears", "wore"})
_MATERIALS = word_set("materials")
_OF_A_BODY = word_set("of_a_body")
_AFTER_NOUNS = PREPOSITIONS | CONJUNCTIONS | {"and", "or", "is", "are", "who", "that"}
_ITS_OWN = frozenset({"his", "her", "its", "their"})
_ALSO_PLACES = word_set("also_places")
_ADJECTIVE_REACH = 3


@dataclass(frozen=True)
class Thing:
    """A thing in the words from `start` to before `end`: its name in the table, and its singular word in the prompt."""

    name: str
    word: str
    count: int
    start: int
    end: int


@cache
def prop_lexicon() -> Lexicon[str]:
    """Return every word for a thing, singular and plural, with the thing's name."""
    named = [(each.name, each.name) for each in props().values()]
    others = [(word, each.name) for each in props().values() for word in each.words]
    return Lexicon(form for word, name in [*named, *others] for form in nouns([word], name))


def prop_named(text: str) -> str | None:
    """Return the name of the thing that the text is a word for, or None."""
    hit = prop_lexicon().at(words_of(text), 0)
    return hit.meaning if hit is not None else None


def things_in(words: Sequence[str], nobody_else: frozenset[int], place: str) -> list[Thing]:
    """Return the things of a text, in its order. `nobody_else` are the positions of words that name figures."""
    hits = list(prop_lexicon().find(words))
    known = nobody_else | {
        position for hit in hits if hit.phrase not in _ALSO_VERBS for position in range(hit.start, hit.end)
    }
    hits = [hit for hit in hits if hit.phrase not in _ALSO_VERBS or _is_noun(words, hit, known)]
    starts = nobody_else | {hit.start for hit in hits}
    return [
        Thing(
            hit.meaning,
            _singular(hit),
            count_before(words, hit.start, is_plural=_is_plural(hit) or _is_bare_plural(words, hit)),
            hit.start,
            hit.end,
        )
        for hit in hits
        if _is_there(words, hit, starts, place)
    ]


def counted(things: Iterable[Thing], words: Sequence[str]) -> Mapping[str, int]:
    """Return the number of each thing; a thing mentioned twice counts once, unless "another" adds it."""
    counts: dict[str, int] = {}
    for thing in things:
        before = words[max(0, thing.start - 2) : thing.start]
        more = counts.get(thing.name, 0) if "another" in before else 0
        counts[thing.name] = max(counts.get(thing.name, 0), more + thing.count)
    return counts


def _singular(hit: Hit[str]) -> str:
    prop = props()[hit.meaning]
    words = (prop.name, *prop.words)
    return next(
        (word for word in words if hit.phrase in (" ".join(words_of(word)), " ".join(words_of(plural_of(word))))),
        prop.name,
    )


def _is_plural(hit: Hit[str]) -> bool:
    prop = props()[hit.meaning]
    return is_plural(hit.phrase, (prop.name, *prop.words))


def _is_bare_plural(words: Sequence[str], hit: Hit[str]) -> bool:
    """Return True if a word that is its own plural, such as "fish", has no article and no number."""
    before = words[max(0, hit.start - _ADJECTIVE_REACH) : hit.start]
    return plural_of(hit.phrase) == hit.phrase and DETERMINERS.isdisjoint(before) and NUMBERS.keys().isdisjoint(before)


def _is_noun(words: Sequence[str], hit: Hit[str], known: frozenset[int]) -> bool:
    return hit.start not in known and is_noun(words, hit.start, known)


def _is_there(words: Sequence[str], hit: Hit[str], starts: frozenset[int], place: str) -> bool:
    after = words[hit.end] if hit.end < len(words) else ""
    before = words[max(0, hit.start - _ADJECTIVE_REACH) : hit.start]
    is_modifier = after == "'s" or (hit.end in starts and not _is_plural(hit) and hit.end - hit.start == 1)
    is_worn = hit.meaning in _WORN and any(word in _WEARING for word in before)
    is_own = hit.phrase in _OF_A_BODY and any(word in _ITS_OWN for word in before)
    is_adjective = hit.end - hit.start == 1 and _is_adjective(hit.phrase, after)
    is_the_place = (
        hit.meaning in _ALSO_PLACES
        and place in (hit.meaning, *_PLACE_OF.get(hit.meaning, ()))
        and (is_place_of_scene(words, hit.start) or NUMBERS.keys().isdisjoint(before))
    )
    return not (
        is_modifier
        or is_worn
        or is_own
        or is_adjective
        or is_the_place
        or denied(words, hit.start, hit.end)
        or is_only_compared(words, hit.start, hit.end)
        or is_only_told(words, hit.start)
    )


def _is_adjective(word: str, after: str) -> bool:
    """Return True if a word that also names a colour or a material does so before the noun `after`."""
    if not after.isalpha() or after in _AFTER_NOUNS:
        return False
    return word in color_words() or (word in _MATERIALS and not after.endswith(("s", "ing", "ed")))


_PLACE_OF = {
    "sailboat": ("ship",),
    "pond": ("lake",),
    "house": ("living room", "village"),
    "wave": ("sea", "ship"),
    "waterfall": ("river",),
    "iceberg": ("snowfield",),
}
