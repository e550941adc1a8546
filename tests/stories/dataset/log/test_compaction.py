"""Small parts become large ones; what readers see meanwhile is in `test_compaction_readers`."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stories.clock import SystemClock
from stories.dataset.log.compaction import Compacted, compact, next_group
from stories.dataset.log.exchange import finish_replacements
from stories.dataset.log.replacements import PartPair
from stories.dataset.marker import DatasetIdentity
from stories.dataset.model import SavedStory
from stories.dataset.parts import CommittedPart
from stories.dataset.publication import publish
from stories.dataset.schema import Table
from stories.dataset.tracing import trace
from stories.errors import TargetUnusable
from stories.storage.store import Store
from tests.doubles import saved_stories as saved
from tests.doubles.commit_logs import NewLog
from tests.doubles.manifest_views import WatchedStore, fault_of_view, story_ids

STORIES = [saved.completed(0), saved.partial(1), saved.failed(2), saved.dead_letter(3), saved.failed(4)]
IDS = sorted(story.story.story_id for story in STORIES)
IDENTITY = DatasetIdentity(saved.LINEAGE.dataset_id, saved.NOON, 1, "0.1.0")
NONCES = count(1)


class LaterClock(SystemClock):
    """The system's time and so many days."""

    def __init__(self, days: float) -> None:
        self._later = timedelta(days=days)

    def now(self):  # noqa: ANN201 - as in the class above
        return super().now() + self._later


async def commit_each(store: Store, new_log: NewLog, stories: list[SavedStory], prefix: str = "b") -> None:
    for number, story in enumerate(stories):
        await new_log(store).commit([story], batch_id=f"{prefix}-{number}", lineage=saved.LINEAGE)


async def compacted(store: Store, new_log: NewLog, **options: object) -> Compacted:
    clock = options.pop("clock", SystemClock())
    return await compact(store, new_log(store), clock, lambda: f"m{next(NONCES)}", **options)  # type: ignore[arg-type]


async def keys(listing: AsyncIterator[object]) -> list[str]:
    return [stored.key async for stored in listing]  # type: ignore[attr-defined]


def rows(root: Path, table: Table) -> list[dict[str, object]]:
    files = sorted((root / "manifest" / table).rglob("*.parquet"))
    found = [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]
    return sorted(found, key=lambda row: str(row.get("image_id") or row["story_id"]))


async def test_many_parts_become_one_of_each_table_with_the_same_rows(
    store: Store, new_log: NewLog, root: Path
) -> None:
    await commit_each(store, new_log, STORIES)
    before = {table: rows(root, table) for table in Table}
    assert await compacted(store, new_log) == Compacted(merged=5, into=1)
    assert {table: rows(root, table) for table in Table} == before
    for table in Table:
        (part,) = (root / "manifest" / table).rglob("*.parquet")
        assert pq.ParquetFile(part).metadata.row_group(0).sorting_columns
    (pair,) = await new_log(store).live_pairs()
    assert {part.rows for part in pair.values()} == {len(before[Table.IMAGES]), len(STORIES)}
    assert sorted(await new_log(store).committed()) == IDS
    assert await keys(store.list("_meta/staging")) == []


async def test_a_second_compaction_changes_nothing(store: Store, new_log: NewLog, root: Path) -> None:
    await commit_each(store, new_log, STORIES)
    await compacted(store, new_log)
    watched = WatchedStore(store, root)
    assert await compacted(watched, new_log) == Compacted()
    assert watched.changes == []


async def test_metadata_and_lineage_are_the_same_before_and_after(store: Store, new_log: NewLog) -> None:
    await commit_each(store, new_log, STORIES)
    await publish(store, new_log(store), IDENTITY)
    metadata = await store.read("metadata.parquet")
    before = await trace(store, new_log(store), IDS[0])
    await compacted(store, new_log)
    assert await publish(store, new_log(store), IDENTITY) == ()
    assert await store.read("metadata.parquet") == metadata
    after = await trace(store, new_log(store), IDS[0])
    assert "part-merged-" in after.part
    assert replace(after, part=before.part) == before


async def test_what_is_committed_later_is_merged_into_what_was_merged_before(
    store: Store, new_log: NewLog, root: Path
) -> None:
    await commit_each(store, new_log, STORIES[:2])
    await compacted(store, new_log)
    await commit_each(store, new_log, STORIES[2:], "c")
    assert await compacted(store, new_log) == Compacted(merged=4, into=1)
    assert sorted(story_ids(root)) == IDS
    assert len(await new_log(store).live_pairs()) == 1


def pair_of(size_bytes: int, date: int = 1) -> PartPair:
    number = next(NONCES)
    return {
        table: CommittedPart(f"manifest/{table}/dt=2026-03-{date:02d}/part-{number}.parquet", 1, size_bytes // 2, "")
        for table in Table
    }


def test_dates_are_not_mixed_and_no_merged_pair_is_larger_than_the_target() -> None:
    small = [pair_of(10), pair_of(30), pair_of(40)]
    assert next_group([pair_of(10, date=1), pair_of(10, date=2)], 100) == ()
    assert next_group([pair_of(90), *small, pair_of(90)], 100) == tuple(small)
    assert next_group([pair_of(90), pair_of(90)], 100) == ()
    assert next_group([pair_of(200), small[0]], 100) == ()


async def test_a_part_that_is_damaged_is_never_merged(store: Store, new_log: NewLog, root: Path) -> None:
    await commit_each(store, new_log, STORIES)
    (part, *_) = sorted((root / "manifest/images").rglob("*.parquet"))
    content = bytearray(part.read_bytes())
    content[100] ^= 1
    part.write_bytes(content)
    with pytest.raises(TargetUnusable, match=r"part-b-0\.parquet has other bytes than its record names"):
        await compacted(store, new_log)
    assert len(list((root / "manifest").rglob("*.parquet"))) == 10


async def test_merged_parts_are_kept_aside_for_the_retention_and_then_removed(store: Store, new_log: NewLog) -> None:
    await commit_each(store, new_log, STORIES)
    sources = [await store.read(part.key) for pair in await new_log(store).live_pairs() for part in pair.values()]
    await compacted(store, new_log)
    (retired,) = await keys(store.list("_meta/retired"))
    kept = await store.read(retired) or b""
    assert all(source is not None and source in kept for source in sources)
    assert (await compacted(store, new_log, clock=LaterClock(6.9))).expired == 0
    assert (await compacted(store, new_log, clock=LaterClock(7.1))).expired == 1
    assert await keys(store.list("_meta/retired")) == []


async def test_two_compactions_at_once_merge_every_part_once(store: Store, new_log: NewLog, root: Path) -> None:
    stories = [saved.failed(number) for number in range(8)]
    await commit_each(store, new_log, stories)
    await asyncio.gather(*(compacted(store, new_log) for _ in range(2)))
    assert sorted(story_ids(root)) == sorted(story.story.story_id for story in stories)
    assert len(await new_log(store).live_pairs()) == 1
    assert await keys(store.list("_meta/staging")) == []
    (record,) = [key for key in await keys(store.list("_meta/replacements")) if key.endswith(".json")]
    assert record == "_meta/replacements/000000000001.json"


async def test_four_committers_and_two_compactions_at_once_lose_nothing_and_double_nothing(
    store: Store, new_log: NewLog, root: Path
) -> None:
    stories = [saved.failed(number) for number in range(24)]
    await commit_each(store, new_log, stories[:4], "w")
    writers = (commit_each(store, new_log, stories[4 + 5 * w : 9 + 5 * w], f"w{w}") for w in range(4))

    async def compact_often() -> None:
        for _ in range(5):
            await compacted(store, new_log)

    await asyncio.gather(*writers, compact_often(), compact_often())
    await compacted(store, new_log)
    assert sorted(story_ids(root)) == sorted(story.story.story_id for story in stories)
    assert len(await new_log(store).live_pairs()) == 1


async def test_a_writer_that_slept_through_a_compaction_does_not_bring_its_part_back(
    store: Store, new_log: NewLog, root: Path
) -> None:
    """It has recorded its commit and not shown it; others show it, and merge it, before it wakes up."""

    class Sleeping(WatchedStore):
        async def create(self, key: str, content: bytes) -> bool:
            if key.startswith("manifest/images/"):
                await new_log(store).recover()
                assert (await compacted(store, new_log)).merged == 2
            return await super().create(key, content)

    await commit_each(store, new_log, STORIES[:1])
    sleeping = Sleeping(store, root)
    await new_log(sleeping).commit([STORIES[1]], batch_id="b-late", lineage=saved.LINEAGE)
    ids = sorted(story.story.story_id for story in STORIES[:2])
    assert sorted(story_ids(root)) == ids
    assert fault_of_view(root) is None


async def test_a_part_that_a_late_process_put_back_is_removed_by_the_next_publish(
    store: Store, new_log: NewLog, root: Path
) -> None:
    await commit_each(store, new_log, STORIES)
    (part, *_) = await new_log(store).live_pairs()
    content = await store.read(part[Table.STORIES].key)
    await compacted(store, new_log)
    await store.create(part[Table.STORIES].key, content or b"")
    assert len(story_ids(root)) == len(IDS) + 1
    await publish(store, new_log(store), IDENTITY)
    assert sorted(story_ids(root)) == IDS


async def test_a_staged_merge_that_is_not_the_recorded_one_is_never_shown(store: Store, new_log: NewLog) -> None:
    await commit_each(store, new_log, STORIES)
    await compacted(store, new_log)
    (record,) = await keys(store.list("_meta/replacements"))
    staged = record.replace(record.rpartition("/")[2], "")
    content = (await store.read(record) or b"").decode()
    name = content.partition('"staged": "')[2].partition('"')[0]
    assert name.startswith(staged)
    await store.create(name, b"something else")
    with pytest.raises(TargetUnusable, match="has other bytes than its record names"):
        await finish_replacements(store)
