"""Galleries of a target: what is read for them, what is made anew, and what they leave behind."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from cli.app import run
from stories.dataset.layout import thumbnails_key
from stories.dataset.log.compaction import compact
from stories.dataset.publication import publish
from stories.errors import ConfigurationError, TargetUnusable
from stories.maintenance.gallery import build_galleries
from stories.target import OpenDataset, open_target
from tests.doubles.commands import listing
from tests.doubles.drawn_run import RUN_ID, write_run


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "dataset"


@pytest.fixture
async def dataset(target: Path) -> AsyncIterator[OpenDataset]:
    await write_run(target, 8, originals=8)
    async with open_target(str(target), run_id="r", state_directory=None) as opened:
        assert opened is not None
        yield opened


def page_of(target: Path) -> str:
    return (target / "gallery" / f"{RUN_ID}.html").read_text("utf-8")


async def test_a_gallery_is_the_same_however_often_it_is_built(dataset: OpenDataset, target: Path) -> None:
    assert await build_galleries(str(target)) == (f"{target}/gallery/{RUN_ID}.html",)
    first = page_of(target)
    await build_galleries(str(target), RUN_ID)
    assert page_of(target) == first


async def test_thumbnails_that_were_never_made_are_made_from_the_originals(dataset: OpenDataset, target: Path) -> None:
    """A run that was taken up after a crash, or one of an older version."""
    await build_galleries(str(target))
    with_all = page_of(target)
    await dataset.store.delete(thumbnails_key(RUN_ID, f"{RUN_ID}-0"))
    await build_galleries(str(target))
    assert page_of(target) == with_all
    for name in listing(target):
        if name.endswith(".png"):
            await dataset.store.delete(name)
    await build_galleries(str(target))  # they are kept
    assert page_of(target) == with_all


async def test_a_picture_that_is_gone_or_broken_has_no_preview_and_stops_nothing(
    dataset: OpenDataset, target: Path
) -> None:
    await dataset.store.delete(thumbnails_key(RUN_ID, f"{RUN_ID}-0"))
    gone, broken, *_ = (name for name in sorted(listing(target)) if name.endswith("scene-01.png"))
    await dataset.store.delete(gone)
    await dataset.store.publish(broken, b"no picture")
    await build_galleries(str(target))
    assert page_of(target).count("Scene 1: no preview") == 2


async def test_a_compacted_dataset_has_the_same_gallery(dataset: OpenDataset, target: Path) -> None:
    await build_galleries(str(target))
    before = page_of(target)
    await compact(dataset.store, dataset.commits, dataset.clock, lambda: "nonce9")
    await build_galleries(str(target))
    assert page_of(target) == before


async def test_readers_of_the_dataset_do_not_see_it(dataset: OpenDataset, target: Path) -> None:
    await publish(dataset.store, dataset.commits, dataset.identity)
    await build_galleries(str(target))
    made = [name for name in listing(target) if "gallery" in name or "thumbnails" in name]
    split_word = r"(?<![a-z])(train|training|validation|valid|dev|val|test|testing|eval|evaluation)(?![a-z])"
    assert len(made) == 4
    assert not [name for name in made if re.search(split_word, name) or name.endswith(".parquet")]
    assert duckdb.read_parquet(f"{target}/**/*.parquet").aggregate("count(distinct story_id)").fetchall() == [(8,)]
    assert (
        pl.scan_parquet(f"{target}/**/*.parquet", extra_columns="ignore").select("story_id").collect().n_unique() == 8
    )


async def test_pages_that_are_no_longer_needed_are_removed(dataset: OpenDataset, target: Path) -> None:
    for page in (2, 3):
        await dataset.store.publish(f"gallery/{RUN_ID}.{page}.html", b"of a longer run")
    await build_galleries(str(target))
    assert sorted(listing(target / "gallery")) == [f"{RUN_ID}.html", "index.html"]


async def test_a_run_that_is_not_there_is_told_by_name(dataset: OpenDataset, target: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"r-none.*the latest is {RUN_ID}"):
        await build_galleries(str(target), "r-none")


async def test_a_place_without_a_dataset_is_refused(target: Path) -> None:
    with pytest.raises(TargetUnusable, match="no dataset yet"):
        await build_galleries(str(target))


@pytest.mark.parametrize("key", ["_meta/runs/{}.json", "_meta/deadletter/{}.jsonl", "_meta/gallery/{}.json"])
async def test_a_damaged_record_is_named(dataset: OpenDataset, target: Path, key: str) -> None:
    other = "20250101T000000Z-0" if "gallery" in key else RUN_ID  # the entry of this run is written anew
    await dataset.store.publish(key.format(other), b'{"started_at": 7')
    with pytest.raises(TargetUnusable, match=re.escape(key.format(other))):
        await build_galleries(str(target))


def test_the_command_builds_every_gallery_or_one_and_says_where(
    target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(write_run(target, 2))
    page = f"{target}/gallery/{RUN_ID}.html"
    assert run(["dataset", "gallery", str(target)]) == 0
    assert capsys.readouterr().out == f"{page}\n"
    assert run(["dataset", "gallery", str(target), "--run", RUN_ID, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"pages": [page]}
    assert run(["dataset", "gallery", str(target), "--run", "r-none"]) == 1
    assert "has no record of such a run" in capsys.readouterr().err
