"""The tables of words: CSV files beside this module; `|` separates several words of one field."""

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

_DIRECTORY = Path(__file__).parent


def rows_of(table: str) -> Iterator[dict[str, str]]:
    """Yield the rows of the table in order, by the names of its header."""
    with (_DIRECTORY / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def words_in(field: str) -> tuple[str, ...]:
    """Return the words of a field that may hold several."""
    return tuple(word for word in field.split("|") if word)


@cache
def _word_sets() -> Mapping[str, frozenset[str]]:
    return {row["name"]: frozenset(words_in(row["words"])) for row in rows_of("word_sets")}


def word_set(name: str) -> frozenset[str]:
    """Return the words of this name in the table of word sets."""
    return _word_sets()[name]
