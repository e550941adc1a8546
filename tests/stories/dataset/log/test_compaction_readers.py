"""What readers that know nothing but a glob see at each step of a compaction: every row once, or an error."""

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest

from stories.clock import SystemClock
from stories.dataset.log.compaction import compact
from stories.dataset.marker import DatasetIdentity
from stories.dataset.publication import publish
from stories.dataset.schema import Table
from stories.storage.store import Store
from tests.doubles import saved_stories as saved
from tests.doubles.commit_logs import NewLog
from tests.doubles.manifest_views import Killed, WatchedStore

STORIES = [saved.completed(0), saved.partial(1), saved.failed(2)]
IDS = sorted(story.story.story_id for story in STORIES)
IDENTITY = DatasetIdentity(saved.LINEAGE.dataset_id, saved.NOON, 1, "0.1.0")
CHANGES = 16  # aside, staged, record, 2 barriers, 6 sources removed, 2 parts, 2 barriers removed, staged removed
NONCES = count(1)

READERS: dict[str, Callable[[Path], list[str]]] = {
    "duckdb": lambda folder: duckdb.read_parquet(f"{folder}/**/*.parquet").fetchnumpy()["story_id"].tolist(),
    "pandas": lambda folder: pd.read_parquet(folder, columns=["story_id"])["story_id"].tolist(),
    "polars": lambda folder: pl.scan_parquet(folder).select("story_id").collect()["story_id"].to_list(),
    "pyarrow": lambda folder: ds.dataset(folder, partitioning="hive").to_table(["story_id"])["story_id"].to_pylist(),
}


class ReadAtEachStep(WatchedStore):
    """Reads with every engine after each change, and notes who saw what."""

    def __init__(self, store: Store, root: Path) -> None:
        super().__init__(store, root)
        self.refused: list[tuple[str, str]] = []
        self.wrong: list[str] = []
        self.one_by_one = asyncio.Lock()

    async def _change(self, name, change):  # noqa: ANN001, ANN202 - as in the class above
        async with self.one_by_one:
            self.changes.append(name)
            result = await change()
            self.look(name)
            return result

    def look(self, step: str) -> None:
        for reader, read in READERS.items():
            try:
                seen = sorted(read(self.root / "manifest" / Table.STORIES))
            except Exception as exc:  # noqa: BLE001 - each engine has errors of its own
                self.refused.append((step, f"{reader}: {exc}"))
                continue
            if seen != IDS:
                self.wrong.append(f"{reader} after {step}: {len(seen)} rows")


async def commit_each(store: Store, new_log: NewLog) -> None:
    for number, story in enumerate(STORIES):
        await saved.store_images(store, story)
        await new_log(store).commit([story], batch_id=f"b-{number}", lineage=saved.LINEAGE)
    await publish(store, new_log(store), IDENTITY)


async def compacted(store: Store, new_log: NewLog) -> None:
    await compact(store, new_log(store), SystemClock(), lambda: f"m{next(NONCES)}")


async def test_no_engine_ever_counts_a_row_twice_or_not_at_all(store: Store, new_log: NewLog, root: Path) -> None:
    await commit_each(store, new_log)
    watched = ReadAtEachStep(store, root)
    await compacted(watched, new_log)
    assert watched.wrong == []
    assert len(watched.changes) == CHANGES
    watched.look("the end")
    steps_refused = [step for step in watched.changes if any(step == refused for refused, _ in watched.refused)]
    first, last = watched.changes.index(steps_refused[0]), watched.changes.index(steps_refused[-1])
    assert "create _meta/replacements" in watched.changes[first - 2]  # the record, the images' barrier, this one
    assert watched.changes[last + 1].endswith("read-again.parquet")
    assert watched.changes[first : last + 1] == steps_refused
    assert {text.partition(":")[0] for _, text in watched.refused} == set(READERS)


async def test_readers_of_metadata_and_of_the_live_parts_are_never_refused(
    store: Store, new_log: NewLog, root: Path
) -> None:
    await commit_each(store, new_log)
    before = (root / "metadata.parquet").read_bytes()

    class ReadMetadata(WatchedStore):
        async def _change(self, name, change):  # noqa: ANN001, ANN202 - as in the class above
            result = await change()
            assert (root / "metadata.parquet").read_bytes() == before
            return result

    await compacted(ReadMetadata(store, root), new_log)


@pytest.mark.parametrize("lands", [False, True])
@pytest.mark.parametrize("die_at", range(1, CHANGES + 1))
async def test_after_a_death_at_any_step_no_reader_is_wrong_and_the_next_publish_finishes_it(
    store: Store, new_log: NewLog, root: Path, die_at: int, lands: bool
) -> None:
    await commit_each(store, new_log)
    with pytest.raises(Killed):
        await compacted(WatchedStore(store, root, die_at=die_at, lands=lands, death=Killed, quiet=True), new_log)
    watched = ReadAtEachStep(store, root)
    watched.look("the death")
    await publish(watched, new_log(watched), IDENTITY)
    watched.refused.clear()
    watched.look("the publish")
    assert watched.wrong + watched.refused == []
    await compacted(store, new_log)
    watched.look("the next compaction")
    assert watched.wrong + watched.refused == []
    assert len(await new_log(store).live_pairs()) == 1
    staged = [stored.key async for stored in store.list("_meta/replacements") if stored.key.endswith(".parts")]
    assert len(staged) <= 1  # of a death before the record; gone an hour later
