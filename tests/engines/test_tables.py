"""The manifest in the engines that analysts use, from a directory and from a bucket: rows, types, and one picture."""

from decimal import Decimal

import duckdb
import fsspec
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest

from tests.doubles.object_store import ObjectStore
from tests.doubles.produced_dataset import DRAWN, REJECTED, Produced, assert_is_the_served_picture

COUNTS = "select count(*) filter (status = 'ok'), count(distinct story_id) from '{root}/manifest/images/**/*.parquet'"


def test_duckdb(produced: Produced) -> None:
    assert duckdb.sql(COUNTS.format(root=produced.root)).fetchall() == [(produced.files, produced.stories)]
    stories = duckdb.read_parquet(f"{produced.root}/manifest/stories/**/*.parquet")
    by_status = dict(stories.aggregate("status, count(*)").fetchall())
    assert by_status == {"completed": DRAWN, "dead_letter": REJECTED}
    scenes = duckdb.read_parquet(f"{produced.root}/metadata.parquet").filter("role = 'scene' and format = 'png'")
    (name,) = scenes.project("file_name").limit(1).fetchall()[0]
    assert_is_the_served_picture(name, produced.root, produced)


def test_duckdb_in_a_bucket(produced: Produced, bucket: str, object_store: ObjectStore) -> None:
    """Through fsspec, for its own extension for S3 is a download."""
    options = object_store.storage_options
    connection = duckdb.connect()
    connection.register_filesystem(fsspec.filesystem("s3", **options))
    assert connection.sql(COUNTS.format(root=bucket)).fetchall() == [(produced.files, produced.stories)]


def test_polars(produced: Produced) -> None:
    images = pl.scan_parquet(produced.root / "manifest/images").filter(pl.col("status") == "ok").collect()
    assert images.height == produced.files
    stories = pl.scan_parquet(produced.root / "manifest/stories").collect()
    assert stories.height == produced.stories
    assert stories.filter(pl.col("status") == "completed")["cost"].min() > Decimal(0)
    name = images.filter((pl.col("role") == "scene") & (pl.col("format") == "webp"))["file_name"][0]
    assert_is_the_served_picture(name, produced.root, produced)


def test_polars_in_a_bucket(produced: Produced, bucket: str, object_store: ObjectStore) -> None:
    options = {
        "aws_endpoint_url": object_store.endpoint_url,
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
        "aws_region": "us-east-1",
        "aws_allow_http": "true",
    }
    images = pl.scan_parquet(f"{bucket}/manifest/images/**/*.parquet", storage_options=options).collect()
    assert images.filter(pl.col("status") == "ok").height == produced.files


@pytest.mark.parametrize("place", ["directory", "bucket"])
def test_pandas(place: str, produced: Produced, bucket: str, object_store: ObjectStore) -> None:
    in_bucket = place == "bucket"
    root = bucket if in_bucket else str(produced.root)
    options = object_store.storage_options if in_bucket else {}
    images = pd.read_parquet(f"{root}/manifest/images", dtype_backend="pyarrow", storage_options=options or None)
    delivered = images[images["status"] == "ok"]
    assert len(delivered) == produced.files
    name = delivered.loc[(delivered["role"] == "scene") & (delivered["format"] == "jpeg"), "file_name"].iloc[0]
    assert_is_the_served_picture(name, root, produced, **options)


@pytest.mark.parametrize("place", ["directory", "bucket"])
def test_pyarrow(place: str, produced: Produced, bucket: str, object_store: ObjectStore) -> None:
    if place == "bucket":
        filesystem = fsspec.filesystem("s3", **object_store.storage_options)
        dataset = ds.dataset(
            f"{bucket}/manifest/images".removeprefix("s3://"), filesystem=filesystem, partitioning="hive"
        )
    else:
        dataset = ds.dataset(produced.root / "manifest/images", partitioning="hive")
    assert dataset.count_rows(filter=ds.field("status") == "ok") == produced.files
    scenes = (ds.field("status") == "ok") & (ds.field("role") == "scene")
    # Not `head`: what it reads ahead through fsspec is still under way when the interpreter ends, and aborts it.
    name = dataset.to_table(["file_name"], filter=scenes)["file_name"][0].as_py()
    assert_is_the_served_picture(name, produced.root, produced)
