"""English as far as the illustrator needs it: words, plurals, verb forms, denial, and the phrases of a table."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from illustrator.vocabulary.tables import word_set

Meaning = TypeVar("Meaning")

STOPS = frozenset('.,;:!?()—–…"')
"""Signs that end a clause."""

MASK = "·"
"""Replaces a name among words."""

_LONGEST_PHRASE = 5
_MOST_CHARACTERS = 4000
_MOST_WORDS = 500
_WORD = re.compile(r"n't\b|'s\b|[^\W_]+|[.,;:!?()—–…\"]")
_PLAIN_PHRASE = re.compile(r"[a-z]+(?: [a-z]+)*")
_LINKS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "-": " ", "‐": " ", "‑": " "})
_IRREGULAR_PLURALS = {
    "man": "men",
    "woman": "women",
    "child": "children",
    "person": "people",
    "foot": "feet",
    "tooth": "teeth",
    "goose": "geese",
    "mouse": "mice",
    "leaf": "leaves",
    "loaf": "loaves",
    "knife": "knives",
    "wolf": "wolves",
    "elf": "elves",
    "shelf": "shelves",
    "scarf": "scarves",
    "wife": "wives",
    "thief": "thieves",
    "half": "halves",
    "calf": "calves",
    "hoof": "hooves",
    "dwarf": "dwarves",
    "cactus": "cacti",
    "fish": "fish",
    "sheep": "sheep",
    "deer": "deer",
    "ox": "oxen",
}
_NEGATIONS = word_set("negations")
_NEGATION_ENDS = word_set("negation_ends")
_NEGATION_REACH = 4
_OVER = word_set("over")
_STOPPING = frozenset({"stop", "stops", "stopped", "end", "ends", "ended"})
_AUXILIARIES = frozenset({"has", "have", "had", "is", "was", "finally"})


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of the text in lower case, with stops among them.

    Hyphens separate words; `'s` and `n't` are words. Only the beginning of a text that is longer than any scene needs
    is read.
    """
    return tuple(word.casefold() for word in spoken_of(text))


def spoken_of(text: str) -> tuple[str, ...]:
    """Return the words of `words_of` in their original spelling."""
    plain = unicodedata.normalize("NFC", text[:_MOST_CHARACTERS]).translate(_LINKS)
    return tuple("not" if word == "n't" else word for word in _WORD.findall(plain)[:_MOST_WORDS])


def plural_of(noun: str) -> str:
    """Return the plural of a singular noun or of a phrase that ends in one."""
    head, _, last = noun.rpartition(" ")
    if last in _IRREGULAR_PLURALS:
        plural = _IRREGULAR_PLURALS[last]
    elif last.endswith(("man", "woman")) and last not in ("human", "talisman", "ottoman"):
        plural = f"{last[:-3]}men"
    elif re.search(r"[^aeiou]y$", last):
        plural = f"{last[:-1]}ies"
    elif re.search(r"(s|x|z|ch|sh)$", last) or last in ("potato", "tomato", "hero", "volcano", "mango", "mosquito"):
        plural = f"{last}es"
    else:
        plural = f"{last}s"
    return f"{head} {plural}".lstrip()


def forms_of(verb: str) -> tuple[str, ...]:
    """Return the forms in which a prompt may use a regular verb, or a phrase that begins with one."""
    first, _, rest = verb.partition(" ")
    if re.search(r"(s|x|z|ch|sh|o)$", first):
        third = f"{first}es"
    else:
        third = f"{first[:-1]}ies" if re.search(r"[^aeiou]y$", first) else f"{first}s"
    if first.endswith("ie"):
        stem_ing, past = f"{first[:-2]}y", f"{first}d"
    elif first.endswith("e") and not first.endswith(("ee", "ye", "oe")):
        stem_ing, past = first[:-1], f"{first}d"
    elif re.search(r"[^aeiou][aeiou][bdgklmnprt]$", first) and not re.search(r"(er|en|on|el|or|it)$", first[2:]):
        stem_ing, past = first + first[-1], f"{first}{first[-1]}ed"
    else:
        stem_ing = first
        past = (
            f"{first[:-1]}ied" if re.search(r"[^aeiou]y$", first) else f"{first}{'d' if first.endswith('e') else 'ed'}"
        )
    return tuple(f"{form} {rest}".rstrip() for form in (first, third, f"{stem_ing}ing", past))


def denied(words: Sequence[str], start: int, end: int) -> bool:
    """Return True if the words say that the thing at `start` to `end` is absent, or gone."""
    for back in range(start - 1, max(-1, start - 1 - _NEGATION_REACH), -1):
        word = words[back]
        if word in STOPS or word in _NEGATION_ENDS:
            break
        if word in _NEGATIONS:
            return words[back + 1 : back + 2] != ("only",) and _STOPPING.isdisjoint(words[back:start])
    before = tuple(words[max(0, start - 3) : start])
    if (before[-2:] in (("instead", "of"), ("out", "of")) and before[-2] == "instead") or before[-1:] in (
        ("after",),
        ("before",),
    ):
        return True
    if before[-2:] in (("after", "the"), ("before", "the")):
        return True
    after = tuple(words[end : end + 4])
    is_past = after[:1] == ("over",) and (len(after) == 1 or after[1] in STOPS)
    return is_past or (
        bool(after)
        and (
            (after[0] in _OVER and after[1:2] != ("the",))
            or (after[0] in _AUXILIARIES and any(word in _OVER or word == "over" for word in after[1:3]))
        )
    )


@dataclass(frozen=True)
class Hit(Generic[Meaning]):
    """A phrase of a table found in a text: the words from `start` to before `end`, and their meaning."""

    start: int
    end: int
    meaning: Meaning
    phrase: str


def positions_of(hits: Iterable[Hit[Any]]) -> frozenset[int]:
    """Return the positions of all words of the hits."""
    return frozenset(position for hit in hits for position in range(hit.start, hit.end))


class Lexicon(Generic[Meaning]):
    """Phrases and their meanings. When several phrases begin at one word, the longest counts."""

    def __init__(self, entries: Iterable[tuple[str, Meaning]]) -> None:
        self._meanings: dict[tuple[str, ...], Meaning] = {}
        for phrase, meaning in entries:
            words = tuple(phrase.split(" ")) if _PLAIN_PHRASE.fullmatch(phrase) else words_of(phrase)
            self._meanings.setdefault(words, meaning)

    def __contains__(self, word: str) -> bool:
        return (word,) in self._meanings

    def find(self, words: Sequence[str]) -> Iterator[Hit[Meaning]]:
        """Yield every phrase in the words, in order and without overlaps."""
        position = 0
        while position < len(words):
            hit = self.at(words, position)
            if hit is None:
                position += 1
            else:
                yield hit
                position = hit.end

    def at(self, words: Sequence[str], start: int) -> Hit[Meaning] | None:
        """Return the longest phrase that begins at this word, or None."""
        for length in range(min(_LONGEST_PHRASE, len(words) - start), 0, -1):
            phrase = tuple(words[start : start + length])
            if phrase in self._meanings:
                return Hit(start, start + length, self._meanings[phrase], " ".join(phrase))
        return None


def nouns(words: Iterable[str], meaning: Meaning) -> Iterator[tuple[str, Meaning]]:
    """Yield entries of a lexicon for nouns, singular and plural."""
    for word in words:
        yield word, meaning
        yield plural_of(word), meaning


def verbs(words: Iterable[str], meaning: Meaning) -> Iterator[tuple[str, Meaning]]:
    """Yield entries of a lexicon for verbs in all their regular forms."""
    for word in words:
        for form in forms_of(word):
            yield form, meaning
