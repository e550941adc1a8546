"""What a registration came to, whatever the table format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stories.dataset.parts import CommittedPart
from stories.dataset.schema import Table

LiveParts = Mapping[Table, Sequence[CommittedPart]]
"""The parts that make up each table of the manifest now."""


@dataclass(frozen=True)
class Registered:
    """A table that knows exactly the live parts; `added` and `removed` are what this call changed."""

    table: str
    location: str
    """What its engines are given to find it."""
    files: int
    added: int
    removed: int
