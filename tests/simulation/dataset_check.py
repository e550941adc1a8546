"""What is committed at the end of a seed, read from the bucket itself."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pyarrow.parquet as pq

from stories.dataset.layout import MANIFEST
from tests.doubles.virtual import dataset as virtual_dataset
from tests.doubles.virtual.store import Bucket


@dataclass(frozen=True)
class CommittedStory:
    """A story as the dataset has it; `cost_eur` is None where it was not charged."""

    story_id: str
    job_id: str | None
    cost_eur: Decimal | None


def committed_stories(bucket: Bucket) -> Iterator[CommittedStory]:
    """Every row of the table of stories, or every commit of a seed that builds none."""
    for key, content in bucket.objects.items():
        if key.startswith(f"{MANIFEST}/stories/"):
            for row in pq.read_table(io.BytesIO(content), columns=["story_id", "job_id", "cost"]).to_pylist():
                yield CommittedStory(row["story_id"], row["job_id"], row["cost"])
        elif key.startswith(f"{virtual_dataset.PREFIX}/"):
            job_id, _, cost = content.decode().partition(" ")
            yield CommittedStory(key.rpartition("/")[2], job_id or None, Decimal(cost) if cost else None)
