"""The manifest as it stands, opened by each engine in the plainest way."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from stories.api.wire import ImageFormat
from stories.dataset.model import Lineage
from stories.dataset.schema import SCHEMAS, Table
from stories.storage.store import Store
from tests.doubles import saved_stories as saved
from tests.doubles.commit_logs import NewLog

DAYS = [date(2026, 3, 4), date(2026, 3, 5)]
STORIES = 6  # 3 a day: one complete in all formats, one partial, one dead letter
IMAGES = 2 * (2 * 3 + 3 + 2)
FILES = 2 * (2 * 3 + 3 + 1)


@pytest.fixture
async def manifest(store: Store, new_log: NewLog, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two days, and beside the tables everything else that lies on a target."""
    log = new_log(store)
    for number, day in enumerate(DAYS):
        stories = [
            saved.completed(3 * number, formats=tuple(ImageFormat)),
            saved.partial(3 * number + 1),
            saved.dead_letter(3 * number + 2),
        ]
        lineage = Lineage(saved.LINEAGE.dataset_id, f"r-{number}", day, "0.1.0")
        await log.commit(stories, batch_id=f"r-{number}-0001", lineage=lineage)
    await store.create("_meta/staging/20260304T120000Z_b-9_x.parts", b"PAR1 but not committed PAR1")
    monkeypatch.chdir(root)
    return Path("manifest")


async def test_duckdb_counts_per_day(manifest: Path) -> None:
    images = "select dt, count(*), sum(size_bytes) > 0 from 'manifest/images/**/*.parquet' group by 1 order by 1"
    assert duckdb.sql(images).fetchall() == [(day, IMAGES // 2, True) for day in DAYS]
    stories = (
        "select count(*), count(distinct story_id), sum(cost), max(committed_at) from 'manifest/stories/**/*.parquet'"
    )
    count, distinct, cost, committed_at = duckdb.sql(stories).fetchall()[0]
    assert (count, distinct, cost) == (STORIES, STORIES, Decimal("1.20"))
    assert isinstance(committed_at, datetime)


async def test_duckdb_finds_near_duplicates_by_hash(manifest: Path) -> None:
    pairs = duckdb.sql(
        "with images as (from 'manifest/images/**/*.parquet') "
        "select count(*) from images a join images b using (story_id, scene_index) "
        "where a.format = 'png' and b.format = 'webp' and bit_count(xor(a.phash, b.phash)) <= 6"
    ).fetchall()
    assert pairs == [(4,)]


async def test_polars_reads_both_tables(manifest: Path) -> None:
    images = pl.scan_parquet(manifest / "images").collect()
    assert images.height == IMAGES
    assert images["dt"].unique().sort().to_list() == DAYS
    assert images.filter(pl.col("status") == "ok")["file_name"].null_count() == 0
    stories = pl.scan_parquet(manifest / "stories").collect()
    assert stories.height == STORIES
    assert stories["cost"].sum() == Decimal("1.20")


async def test_pandas_reads_both_tables(manifest: Path) -> None:
    images = pd.read_parquet(manifest / "images", dtype_backend="pyarrow")
    assert len(images) == IMAGES
    assert images["scene_index"].dtype == pd.ArrowDtype(pa.int32())
    assert set(images["dt"].astype(str)) == {str(day) for day in DAYS}
    assert len(pd.read_parquet(manifest / "stories", dtype_backend="pyarrow")) == STORIES


@pytest.mark.parametrize("table", Table)
async def test_pyarrow_reads_the_schema_and_the_partition(manifest: Path, table: Table) -> None:
    dataset = ds.dataset(manifest / table.value, partitioning="hive")
    assert dataset.schema.names == [*SCHEMAS[table].names, "dt"]
    assert dataset.count_rows() == {Table.IMAGES: IMAGES, Table.STORIES: STORIES}[table]
    on_first_day = dataset.to_table(filter=ds.field("dt") == str(DAYS[0]))
    assert set(on_first_day["run_date"].to_pylist()) == {DAYS[0]}


async def test_files_in_the_table_are_relative_to_the_root(manifest: Path) -> None:
    names = ds.dataset(manifest / "images").to_table(["file_name"])["file_name"].drop_null().to_pylist()
    assert len(names) == len(set(names)) == FILES
    assert all(name.startswith("images/") and ".." not in name for name in names)
