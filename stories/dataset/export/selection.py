"""The selection of an export's images, and their splits."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from stories.api.wire import ImageFormat
from stories.dataset.export.originals import texts
from stories.dataset.model import ImageRole, ImageStatus
from stories.errors import ConfigurationError

STORY_COLUMNS = ("story_id", "status")


@dataclass(frozen=True)
class Selection:
    """The conditions for an image; an empty set is no condition."""

    statuses: frozenset[str] = frozenset()
    """Statuses of its story: completed, partial."""
    styles: frozenset[str] = frozenset()
    roles: frozenset[ImageRole] = frozenset()
    formats: frozenset[ImageFormat] = frozenset()
    since: date | None = None
    """First date of the run that committed it; `until` is the last."""
    until: date | None = None
    flags: frozenset[str] = frozenset()
    """Only images with one of these QA flags."""
    without_flags: frozenset[str] = frozenset()
    """No image with one of these QA flags."""

    def of(self, images: pa.Table, stories: pa.Table) -> pa.Table:
        """Return the rows of images with a file that meet the conditions; `stories` has `STORY_COLUMNS`."""
        wanted = pc.field("status") == ImageStatus.OK.value
        if self.statuses:
            kept = stories.filter(pc.field("status").isin(sorted(self.statuses)))
            wanted &= pc.field("story_id").isin(kept["story_id"].combine_chunks())
        for column, values in (("style", self.styles), ("role", self.roles), ("format", self.formats)):
            if values:
                wanted &= pc.field(column).isin(sorted(values))
        if self.since is not None:
            wanted &= pc.field("run_date") >= pa.scalar(self.since)
        if self.until is not None:
            wanted &= pc.field("run_date") <= pa.scalar(self.until)
        return self._by_flags(images.filter(wanted))

    def _by_flags(self, images: pa.Table) -> pa.Table:
        if not self.flags and not self.without_flags:
            return images
        found = [set(flags or ()) for flags in images["qa_flags"].to_pylist()]
        kept = [
            (not self.flags or not self.flags.isdisjoint(flags)) and self.without_flags.isdisjoint(flags)
            for flags in found
        ]
        return images.filter(pa.array(kept, pa.bool_()))


@dataclass(frozen=True)
class Splits:
    """Shares by name. All samples of a storyboard go into one split, so that no two splits share a storyboard."""

    shares: Mapping[str, Fraction]
    seed: int = 0

    @classmethod
    def parse(cls, texts: Iterable[str], seed: int) -> Self:
        """Parse texts such as `train=0.9`; raises `ConfigurationError`. Without texts there is one split, `train`."""
        shares: dict[str, Fraction] = {}
        for text in texts:
            name, _, share = text.partition("=")
            try:
                shares[name] = Fraction(share)
            except (ValueError, ZeroDivisionError):
                raise ConfigurationError(f"--split {text!r}: write a name and a share, such as train=0.9") from None
            if not name.isidentifier() or shares[name] <= 0:
                raise ConfigurationError(f"--split {text!r}: a name is letters and digits, and a share more than 0")
        if shares and sum(shares.values()) != 1:
            raise ConfigurationError(f"--split: the shares sum to {float(sum(shares.values())):g}; they must sum to 1")
        return cls(shares or {"train": Fraction(1)}, seed)

    def of(self, storyboard_sha256: str) -> str:
        """Return the split of a storyboard: the same for a seed, whatever else is in the dataset."""
        digest = hashlib.sha256(f"{self.seed}/{storyboard_sha256}".encode()).digest()
        point = Fraction(int.from_bytes(digest[:8], "big"), 2**64)
        names = list(self.shares)
        for name in names[:-1]:
            if point < self.shares[name]:
                return name
            point -= self.shares[name]
        return names[-1]

    def parts_of(self, images: pa.Table) -> dict[str, pa.Table]:
        """Return the rows of each split, splits without rows included."""
        names = [self.of(sha256) for sha256 in texts(images, "storyboard_sha256")]
        return {name: images.filter(pa.array([it == name for it in names], pa.bool_())) for name in self.shares}
