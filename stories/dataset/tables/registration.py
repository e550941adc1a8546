"""The registration of live parts with a table format, whatever the format."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from stories.dataset.parts import CommittedPart
from stories.dataset.schema import Table

LiveParts = Mapping[Table, Sequence[CommittedPart]]
"""The parts that make up each table of the manifest now."""


@dataclass(frozen=True)
class Registered:
    """A table that names exactly the live parts; `added` and `removed` are the changes of this call."""

    table: str
    location: str
    """Path, URL or name by which engines find it."""
    files: int
    added: int
    removed: int


def changes(wanted: Collection[str], known: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the parts to add to a table and those to remove from it, each in order."""
    return sorted(set(wanted) - set(known)), sorted(set(known) - set(wanted))
