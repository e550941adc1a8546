"""What an audit of a dataset can find wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class FindingKind(StrEnum):
    """What is wrong with a key of the target."""

    MISSING = "missing"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    """Other bytes than were recorded."""
    SWAPPED = "swapped"
    """The bytes of another image of this dataset."""
    WRONG_ROW = "wrong_row"
    """A row that is not what the story's sidecar, its file or its commit says."""
    EXTRA = "extra"
    """Nothing of this dataset names it."""
    UNFINISHED = "unfinished"
    """A commit or compaction whose process died after its record."""
    STALE = "stale"
    """Not what the committed parts come to."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; `key` is where."""

    kind: FindingKind
    key: str
    message: str
    story_id: str | None = None
    found_sha256: str | None = None
    """Of the bytes that are there instead."""


@dataclass
class Audit:
    """What was looked at, and what was found; grows while the audit goes on."""

    expected_stories: int = 0
    stories: int = 0
    images: int = 0
    bytes: int = 0
    findings: list[Finding] = field(default_factory=list)
    on_progress: Callable[["Audit"], None] = lambda _audit: None

    def looked_at(self, *, images: int = 0, image_bytes: int = 0, stories: int = 0) -> None:
        """Count what was found to be there."""
        self.images += images
        self.bytes += image_bytes
        self.stories += stories
        self.on_progress(self)

    def find(self, kind: FindingKind, key: str, message: str, story_id: str | None = None) -> None:
        """Note something that is wrong."""
        self.findings.append(Finding(kind, key, message, story_id))
