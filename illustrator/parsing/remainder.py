"""The words of a prompt that were not understood."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from illustrator.parsing.grammar import CONJUNCTIONS, NUMBERS, PREPOSITIONS, PRONOUNS
from illustrator.parsing.language import MASK, STOPS
from illustrator.parsing.surroundings import Surroundings


def not_understood_in(
    words: Sequence[str], understood: frozenset[int], around: Surroundings, *, style_is_known: bool
) -> tuple[str, ...]:
    """Return the words that changed nothing, in their order, then the fields with a default, such as "time: day"."""
    plain = _plain_words()
    unknown = [
        word
        for position, word in enumerate(words)
        if position not in understood and word not in plain and word != MASK and not word.isdecimal()
    ]
    assumed = [f"{name}: {getattr(around, name)}" for name in around.assumed]
    return (*dict.fromkeys(unknown), *assumed, *([] if style_is_known else ["style: watercolor"]))


@cache
def _plain_words() -> frozenset[str]:
    """Return the words that name nothing to draw."""
    table = Path(__file__).parents[1] / "vocabulary" / "plain_words.txt"
    return (
        frozenset(table.read_text(encoding="utf-8").split())
        | STOPS
        | CONJUNCTIONS
        | PREPOSITIONS
        | PRONOUNS
        | set(NUMBERS)
    )
