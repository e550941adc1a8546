"""Findings: the faults that an audit of a dataset can report."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class FindingKind(StrEnum):
    """The kinds of fault that a key of the target can have."""

    MISSING = "missing"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    """Other bytes than were recorded."""
    SWAPPED = "swapped"
    """The bytes of another image of this dataset."""
    WRONG_ROW = "wrong_row"
    """A row that contradicts the story's sidecar, its file or its commit."""
    EXTRA = "extra"
    """Nothing of this dataset names it."""
    UNFINISHED = "unfinished"
    """A commit or replacement whose process died after its record."""
    STALE = "stale"
    """Not what the committed parts give."""


@dataclass(frozen=True)
class Finding:
    """One fault; `key` is the key that has it."""

    kind: FindingKind
    key: str
    message: str
    story_id: str | None = None
    found_sha256: str | None = None
    """Hash of the bytes that were found instead."""


@dataclass
class Audit:
    """The findings and the counts of an audit; they grow while the audit goes on."""

    expected_stories: int = 0
    stories: int = 0
    images: int = 0
    bytes: int = 0
    findings: list[Finding] = field(default_factory=list)
    on_progress: Callable[["Audit"], None] = lambda _audit: None

    def count(self, *, images: int = 0, image_bytes: int = 0, stories: int = 0) -> None:
        """Add to the counts what was found to be there."""
        self.images += images
        self.bytes += image_bytes
        self.stories += stories
        self.on_progress(self)

    def find(self, kind: FindingKind, key: str, message: str, story_id: str | None = None) -> None:
        """Add a finding."""
        self.findings.append(Finding(kind, key, message, story_id))
