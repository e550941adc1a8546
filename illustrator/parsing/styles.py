"""The drawable style that is nearest to a free description."""

from functools import cache

from pydantic import JsonValue

from illustrator.parsing.language import Lexicon, words_of
from illustrator.scene import Style
from illustrator.vocabulary.tables import rows_of, words_in


def style_of(style: JsonValue) -> tuple[Style, bool]:
    """Return the style that the words describe, and True; or watercolor and False when they describe none.

    A style that is not a text is read as the texts in it. The word with the most weight decides, among equals the
    first.
    """
    scores: dict[Style, int] = {}
    for hit in _styles().find(words_of(text_of(style))):
        name, weight = hit.meaning
        scores[name] = scores.get(name, 0) + weight
    if not scores:
        return Style.WATERCOLOR, False
    return max(scores, key=lambda each: scores[each]), True


def text_of(style: JsonValue) -> str:
    """Return all text within a style, which may be any JSON value."""
    if isinstance(style, str):
        return style
    if isinstance(style, dict):
        return ". ".join(text_of(value) for value in style.values())
    if isinstance(style, list):
        return ". ".join(text_of(value) for value in style)
    return ""


@cache
def _styles() -> Lexicon[tuple[Style, int]]:
    return Lexicon(
        (word, (Style(row["style"]), weight))
        for row in rows_of("styles")
        for column, weight in (("names", 3), ("hints", 1))
        for word in words_in(row[column])
    )
