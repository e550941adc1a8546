"""A dataset of every version of the schema, frozen as the program of its day wrote it, under today's program.

To freeze the next one: write it with the last program of the old version, before the first column of the new one.
"""

import secrets
import shutil
from io import BytesIO
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from stories.clock import SystemClock
from stories.dataset.audit.dataset import audit_dataset
from stories.dataset.log.compaction import compact
from stories.dataset.marker import DatasetIdentity, claim_target
from stories.dataset.publication import publish
from stories.dataset.schema import SCHEMA_VERSION, SCHEMAS, Table
from stories.dataset.tracing import trace
from stories.storage.store import Store
from tests.doubles import saved_stories as saved
from tests.doubles.commit_logs import NewLog

FROZEN = Path(__file__).parent / "versions"
VERSIONS = sorted(int(folder.name) for folder in FROZEN.iterdir())
STORIES, IMAGE_ROWS, FILES = 4, 13, 10
"""One story of each outcome, in every version: completed in three formats, partial, failed, a dead letter."""


@pytest.fixture(params=VERSIONS)
def frozen(request: pytest.FixtureRequest, root: Path) -> Path:
    """A copy at the root of the store."""
    shutil.copytree(FROZEN / str(request.param), root)
    return root


async def opened(store: Store) -> DatasetIdentity:
    return await claim_target(store, clock=SystemClock(), new_dataset_id=lambda: "no", tool_version="no")


def engines_see(root: Path) -> set[tuple[int, int]]:
    """Rows of both tables as each engine counts them."""
    images, stories = root / "manifest/images", root / "manifest/stories"
    return {
        tuple(len(duckdb.read_parquet(f"{folder}/**/*.parquet").fetchall()) for folder in (images, stories)),
        tuple(pl.scan_parquet(folder).collect().height for folder in (images, stories)),
        tuple(len(pd.read_parquet(folder)) for folder in (images, stories)),
        tuple(ds.dataset(folder, partitioning="hive").to_table().num_rows for folder in (images, stories)),
    }


def test_every_version_is_frozen() -> None:
    assert list(range(1, SCHEMA_VERSION + 1)) == VERSIONS


async def test_nothing_is_wrong_with_it(frozen: Path, store: Store, new_log: NewLog) -> None:
    identity = await opened(store)
    audit = await audit_dataset(store, new_log(store))
    assert identity.dataset_id == saved.LINEAGE.dataset_id
    assert (audit.stories, audit.images, audit.findings) == (STORIES, FILES, [])


def test_every_engine_reads_it(frozen: Path) -> None:
    assert engines_see(frozen) == {(IMAGE_ROWS, STORIES)}


async def test_stories_are_committed_on_top_published_and_compacted(
    frozen: Path, store: Store, new_log: NewLog
) -> None:
    identity = await opened(store)
    fresh = saved.completed(5)
    await saved.store_images(store, fresh)
    await new_log(store).commit([fresh, saved.failed(3)], batch_id="b-today", lineage=saved.LINEAGE)
    assert engines_see(frozen) == {(IMAGE_ROWS + 5, STORIES + 1)}  # the failed one is there already
    await publish(store, new_log(store), identity)
    assert pq.read_metadata(frozen / "metadata.parquet").num_rows == FILES + 5
    await compact(store, new_log(store), SystemClock(), lambda: secrets.token_hex(4))
    assert engines_see(frozen) == {(IMAGE_ROWS + 5, STORIES + 1)}
    (pair,) = await new_log(store).live_pairs()
    for table in Table:
        part = await store.read(pair[table].key)
        assert pq.read_schema(BytesIO(part or b"")).names == SCHEMAS[table].names


async def test_its_stories_lead_back_to_what_made_them(frozen: Path, store: Store, new_log: NewLog) -> None:
    for story_id in await new_log(store).committed():
        assert (await trace(store, new_log(store), story_id)).storyboard_is_proven
