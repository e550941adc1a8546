"""Repair against the real studio: images are fetched again, the rest is built again, and nothing is sent."""

import asyncio
import json
import random
import shutil
from dataclasses import replace
from itertools import count
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stories.api.session import open_session
from stories.api.wire import ImageFormat
from stories.batch.plan import BatchRun
from stories.clock import SystemClock
from stories.config import RunConfig
from stories.dataset.audit.findings import Finding, FindingKind
from stories.dataset.log.compaction import compact
from stories.dataset.model import SavedStory, from_sidecar
from stories.maintenance.repair import Inspection, Repair, inspect
from stories.strict_json import sha256_hex
from stories.target import open_target
from tests.doubles.commands import listing
from tests.doubles.other_pyarrow import rewrite_parts
from tests.doubles.running_studio import RunningStudio, running_studio
from tests.doubles.whole_runs import config_for, run

BOARD = {
    "scenes": [{"prompt": f"Mira and the repairs, {number}"} for number in range(2)],
    "characters": [{"name": "Mira", "description": "a grey cat"}],
    "locations": [{"name": "The quay"}],
}
NONCES = count(1)


def contents(root: Path) -> dict[str, bytes]:
    """Every file but the log of what this machine did."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def made(studio: RunningStudio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two storyboards in two formats."""
    directory = tmp_path_factory.mktemp("repair")
    (directory / "boards").mkdir()
    for name in ("one", "two"):
        (directory / "boards" / f"{name}.json").write_text(json.dumps({**BOARD, "title": name}))
    batch = BatchRun(str(directory / "boards"), str(directory / "target"), "run-1")
    formats = (ImageFormat.PNG, ImageFormat.WEBP)
    _, report = asyncio.run(run(batch, config_for(studio.address.url, directory / "state", formats=formats)))
    assert report.counts.completed == 2
    return directory / "target"


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to damage."""
    shutil.copytree(made, tmp_path / "target")
    return tmp_path / "target"


@pytest.fixture
def config(studio: RunningStudio, tmp_path: Path) -> RunConfig:
    return config_for(studio.address.url, tmp_path / "state")


async def inspected(root: Path, config: RunConfig | None) -> Inspection:
    async with open_target(str(root), run_id="verify", state_directory=None) as dataset:
        assert dataset is not None
        jitter = random.Random(7)  # noqa: S311 - jitter that repeats
        return await inspect(
            dataset,
            config,
            jitter,
            new_nonce=lambda: f"n{next(NONCES)}",
            on_progress=lambda _: None,
            on_mend=lambda _: None,
        )


def without_looks(saved: SavedStory) -> SavedStory:
    plain = {"char_similarity": None, "style_similarity": None}
    images = tuple(replace(it, facts=it.facts and replace(it.facts, look=""), **plain) for it in saved.images)
    return replace(saved, images=images)


def sent(studio: RunningStudio) -> int:
    return len((studio.directory / "requests.jsonl").read_text().splitlines())


def a_file(root: Path, name: str) -> Path:
    return files(root, name)[0]


def files(root: Path, name: str) -> list[Path]:
    return sorted(root.rglob(name))


async def test_without_repair_nothing_is_written(root: Path) -> None:
    a_file(root, "scene-01.png").unlink()
    before = listing(root)
    found = await inspected(root, None)
    assert (found.left, found.mends) == (1, ())
    assert listing(root) == before


async def test_images_are_fetched_again_from_the_job_that_was_paid_for(
    root: Path, config: RunConfig, studio: RunningStudio
) -> None:
    before, posts = contents(root), sent(studio)
    scenes = files(root, "scene-0*.png")
    scenes[0].unlink()
    scenes[1].write_bytes(scenes[1].read_bytes()[:-9])
    webps = files(root, "scene-0*.webp")
    first = webps[0].read_bytes()
    webps[0].write_bytes(webps[1].read_bytes())
    webps[1].write_bytes(first)
    flipped = bytearray(a_file(root, "character-*.png").read_bytes())
    flipped[70] ^= 1
    a_file(root, "character-*.png").write_bytes(flipped)
    a_file(root, "location-*.png").unlink()
    found = await inspected(root, config)
    faults = sorted(it.kind for it in found.audit.findings)
    assert faults == ["damaged", "missing", "missing", "swapped", "swapped", "truncated"]
    assert found.left == 0
    assert all("fetched again from job" in mend.how for mend in found.mends)
    assert contents(root) == before
    assert sent(studio) == posts
    assert (await inspected(root, None)).audit.findings == []


async def test_parts_and_what_is_published_are_built_again_byte_for_byte(root: Path, config: RunConfig) -> None:
    before = contents(root)
    a_file(root / "manifest/images", "*.parquet").unlink()
    a_file(root, "scene-01.png").unlink()  # it can be missed only once its row is there again
    (root / "metadata.parquet").write_bytes(b"gone")
    (root / "README.md").unlink()
    found = await inspected(root, config)
    assert (len(found.audit.findings), found.left) == (4, 0), found
    assert contents(root) == before


async def test_a_sidecar_is_written_again_from_the_manifest(root: Path, config: RunConfig) -> None:
    """All of it but the looks, which only comparing pictures wants; similarities as exact as a row has them."""
    sidecar = a_file(root, "story.json")
    before = from_sidecar(sidecar.read_bytes())
    sidecar.unlink()
    found = await inspected(root, config)
    assert (found.left, [mend.how for mend in found.mends]) == (0, ["written again from the manifest"])
    assert without_looks(from_sidecar(sidecar.read_bytes())) == without_looks(before)


async def test_a_damaged_part_is_built_again_from_the_sidecars(root: Path, config: RunConfig) -> None:
    part = a_file(root / "manifest/images", "*.parquet")
    before = part.read_bytes()
    part.write_bytes(before[:-100])
    found = await inspected(root, config)
    assert (found.left, part.read_bytes()) == (0, before), found


@pytest.mark.parametrize("is_damaged", [False, True], ids=["missing", "damaged"])
async def test_a_part_that_this_pyarrow_writes_with_other_bytes_is_replaced(
    root: Path, config: RunConfig, is_damaged: bool
) -> None:
    rewrite_parts(root)
    part = a_file(root / "manifest/images", "*.parquet")
    rows = pq.ParquetFile(part).read()
    part.unlink()
    if is_damaged:
        part.write_bytes(b"not at all")
    found = await inspected(root, config)
    assert found.left == 0, found
    assert {mend.how for mend in found.mends if mend.finding.key.startswith("manifest/images")} == {
        "built again with the same rows in another part, which the log names instead"
    }
    (rebuilt,) = files(root / "manifest/images", "*.parquet")
    assert (rebuilt.name.startswith("part-rebuilt-"), pq.ParquetFile(rebuilt).read() == rows) == (True, True)
    assert (await inspected(root, None)).audit.findings == []


async def test_what_cannot_be_built_again_is_reported_and_left(root: Path, config: RunConfig) -> None:
    """The flow run of a story is only in rows of stories of its run, and here there are no others."""
    part = a_file(root / "manifest/stories", "*.parquet")
    part.unlink()
    found = await inspected(root, config)
    assert [mend.how for mend in found.mends] == ["it cannot be built again; restore the file from a copy"]
    assert (found.left, part.exists()) == (1, False)


async def test_a_merged_part_is_built_again_from_those_kept_aside(
    root: Path, config: RunConfig, tmp_path: Path
) -> None:
    boards = tmp_path / "boards"
    boards.mkdir()
    (boards / "three.json").write_text(json.dumps({**BOARD, "title": "three"}))
    await run(BatchRun(str(boards), str(root), "run-2"), config)
    async with open_target(str(root), run_id="compact", state_directory=None) as dataset:
        assert dataset is not None
        await compact(dataset.store, dataset.commits, SystemClock(), lambda: "m1")
    part = a_file(root / "manifest/stories", "*.parquet")
    before = part.read_bytes()
    part.unlink()
    found = await inspected(root, config)
    assert (found.left, part.read_bytes()) == (0, before)


async def test_what_the_service_no_longer_has_is_proposed_in_words_and_nothing_is_removed(
    root: Path, config: RunConfig, tmp_path: Path
) -> None:
    scene = a_file(root, "scene-01.png")
    scene.unlink()
    (root / "stray.txt").write_text("whose is this")
    with running_studio(tmp_path / "other-studio") as forgetful:
        found = await inspected(root, config_for(forgetful.url, tmp_path / "state", api_key=forgetful.key))
    hows = {mend.finding.kind: mend.how for mend in found.mends}
    assert "does not know its job any more" in hows[FindingKind.MISSING]
    assert "which is paid for again" in hows[FindingKind.MISSING]
    assert "not removed" in hows[FindingKind.EXTRA]
    assert (found.left, scene.exists(), (root / "stray.txt").exists()) == (2, False, True)


async def test_bytes_that_are_not_those_recorded_are_not_stored(root: Path, config: RunConfig) -> None:
    """The service draws the scene anew, say: what the manifest names is not to be had any more."""
    scene = a_file(root, "scene-01.png")
    part = a_file(root / "manifest/images", "*.parquet")
    sidecar = scene.parent / "story.json"
    digest = sha256_hex(scene.read_bytes())
    scene.unlink()
    sidecar.write_text(sidecar.read_text().replace(digest, "0" * 64))
    async with open_target(str(root), run_id="verify", state_directory=None) as dataset:
        assert dataset is not None
        finding = Finding(FindingKind.MISSING, str(scene.relative_to(root)), "gone", scene.parent.name)
        async with open_session(config, SystemClock(), random.Random(7)) as session:  # noqa: S311
            (mend,) = await Repair(dataset, session.polls, session.images, new_nonce=lambda: "n").mend([finding])
    assert (mend.is_mended, scene.exists(), part.exists()) == (False, False, True)
    assert "other bytes" in mend.how
