"""The rows of one story in both tables, wherever compactions have carried them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO

import pyarrow.compute as pc
import pyarrow.parquet as pq

from stories.dataset.log.commits import CommitLog
from stories.dataset.log.replacements import read_replacements, resting_place
from stories.dataset.model import Lineage
from stories.dataset.parts import CommittedPart
from stories.dataset.rows import CommitStamp
from stories.dataset.schema import Table
from stories.errors import TargetUnusable
from stories.storage.store import Store
from stories.strict_json import sha256_hex

Row = Mapping[str, object]


@dataclass(frozen=True)
class StoryRows:
    """The rows of one story and the part they are in; `are_as_committed`: the parts have the hashes of their record."""

    story: Row
    images: Sequence[Row]
    part: str
    are_as_committed: bool
    commit_version: int = 0
    """0 where it was not asked for."""

    @property
    def story_id(self) -> str:
        return str(self.story["story_id"])

    @property
    def keys(self) -> list[str]:
        """The files that the rows promise."""
        return [str(row["file_name"]) for row in self.images if row["file_name"] is not None]


async def read_story_rows(store: Store, log: CommitLog, story_id: str) -> StoryRows | None:
    """The rows as they are now; None when the story is not committed. Raises `TargetUnusable` when a part is gone."""
    replacements = await read_replacements(store)
    commits = await log.commits()
    commit = next((it for it in commits if any(story_id in ids for ids in it.story_ids.values())), None)
    if commit is None:
        return None
    pair = resting_place(commit.parts, replacements)
    stories, stories_intact = await _rows(store, pair[Table.STORIES], story_id)
    images, images_intact = await _rows(store, pair[Table.IMAGES], story_id)
    if len(stories) != 1:
        raise TargetUnusable(f"{store.url}: {pair[Table.STORIES].key} has {len(stories)} rows of story {story_id}")
    intact = stories_intact and images_intact
    return StoryRows(stories[0], images, pair[Table.STORIES].key, intact, commit.version)


def stamp_of(story: Row) -> CommitStamp:
    """The batch that a story's row was committed in."""
    committed_at, run_date = story["committed_at"], story["run_date"]
    if not isinstance(committed_at, datetime) or not isinstance(run_date, date):
        raise TypeError(f"story {story['story_id']}: its row has no times")
    flow_run_id, api_version = story["flow_run_id"], story["api_version"]
    lineage = Lineage(
        dataset_id=str(story["dataset_id"]),
        run_id=str(story["run_id"]),
        run_date=run_date,
        pipeline_version=str(story["pipeline_version"]),
        flow_run_id=None if flow_run_id is None else str(flow_run_id),
        api_version=None if api_version is None else str(api_version),
    )
    return CommitStamp(lineage, str(story["batch_id"]), committed_at)


async def _rows(store: Store, part: CommittedPart, story_id: str) -> tuple[Sequence[Row], bool]:
    content = await store.read(part.key)
    if content is None:
        raise TargetUnusable(
            f"{store.url}: {part.key} is missing, though the log names it; run: depicta dataset verify"
        )
    return await asyncio.to_thread(_filtered, content, story_id), sha256_hex(content) == part.sha256


def _filtered(content: bytes, story_id: str) -> Sequence[Row]:
    return pq.read_table(BytesIO(content), filters=pc.field("story_id") == story_id, partitioning=None).to_pylist()
