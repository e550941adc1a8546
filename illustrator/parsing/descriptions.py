"""Noun phrases of a description: the words before a noun such as "scarf", and the colour that they name."""

from collections.abc import Iterable, Sequence
from functools import cache

from illustrator.parsing.language import STOPS, Lexicon, words_of
from illustrator.scene import Color
from illustrator.vocabulary.tables import rows_of, words_in

_PHRASE_STARTS = STOPS | frozenset(
    {"with", "in", "and", "has", "wears", "wearing", "of", "on", "over", "around", "under"}
)
_PHRASE_REACH = 5


def phrase_before(words: Sequence[str], position: int) -> tuple[str, ...]:
    """Return the words of the noun's phrase before the noun: "short", "curly", "black" for "hair"."""
    start = position
    while start > 0 and position - start < _PHRASE_REACH and words[start - 1] not in _PHRASE_STARTS:
        start -= 1
    if (
        start > 1
        and words[start - 1] in ("and", ",")
        and start < position
        and _colors().at(words, start - 2) is not None
    ):
        start -= 2  # "a red and blue blanket"
    return tuple(words[start:position])


def color_before(words: Sequence[str], position: int, colors: Lexicon[Color] | None = None) -> Color | None:
    """Return the colour of the noun at this position: the first in its phrase, or None."""
    hit = next((colors or _colors()).find(phrase_before(words, position)), None)
    return hit.meaning if hit is not None else None


def color_of_nouns(words: Sequence[str], nouns: Iterable[str], colors: Lexicon[Color] | None = None) -> Color | None:
    """Return the colour of the first of these nouns that has one, or None."""
    sought = set(nouns)
    for position, word in enumerate(words):
        if word in sought:
            color = color_before(words, position, colors)
            if color is not None:
                return color
    return None


def color_named(name: str) -> Color:
    """Return the colour of this name; raises `KeyError` when the table of colours does not have it."""
    hit = _colors().at(words_of(name), 0)
    if hit is None:
        raise KeyError(name)
    return hit.meaning


@cache
def colors_in(table: str) -> Lexicon[Color]:
    """Return the colours of a table, by all their names."""
    return Lexicon(
        (word, _color(row["hex"]))
        for row in rows_of(table)
        for word in (next(iter(row.values())), *words_in(row["words"]))
    )


@cache
def color_words() -> frozenset[str]:
    """Return the single words that name a colour; some of them name a flower or a fruit as well."""
    return frozenset(word for row in rows_of("colors") for word in (row["color"], *words_in(row["words"])))


def _colors() -> Lexicon[Color]:
    return colors_in("colors")


def _color(code: str) -> Color:
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)
