"""`depicta dataset` as people run it, on a dataset of the real studio."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from stories.batch.plan import BatchRun
from tests.doubles.commands import STORYBOARD, Depicta
from tests.doubles.running_studio import RunningStudio
from tests.doubles.whole_runs import config_for, run


@pytest.fixture(scope="module")
def made(studio: RunningStudio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of a storyboard each: two parts of each table."""
    directory = tmp_path_factory.mktemp("dataset")
    config = config_for(studio.url, directory / "state", api_key=studio.key)
    for name in ("one", "two"):
        boards = directory / name
        boards.mkdir()
        (boards / "board.json").write_text(json.dumps({**STORYBOARD, "title": name}))
        asyncio.run(run(BatchRun(str(boards), str(directory / "out"), name), config))
    return directory / "out"


@pytest.fixture
def target(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "out")
    return tmp_path / "out"


def a_scene(target: Path) -> Path:
    return min(target.rglob("scene-01.png"))


def test_verify_says_0_for_a_sound_dataset_and_6_for_another(depicta: Depicta, target: Path) -> None:
    sound = depicta("dataset", "verify", target, "--json")
    assert (sound.code, sound.document["findings"], sound.document["images"]) == (0, [], 10)
    a_scene(target).unlink()
    broken = depicta("dataset", "verify", target)
    assert broken.code == 6
    assert "missing" in broken.err
    assert "--repair" in broken.err


def test_repair_fetches_a_missing_image_again(depicta: Depicta, target: Path, studio: RunningStudio) -> None:
    before, sent = a_scene(target).read_bytes(), studio.accepted()
    a_scene(target).write_bytes(before[:50])
    mended = depicta("dataset", "verify", target, "--repair", "--json")
    assert (mended.code, mended.document["left"]) == (0, 0)
    assert [finding["mended"] for finding in mended.document["findings"]] == [True]
    assert a_scene(target).read_bytes() == before
    assert studio.accepted() == sent


def test_compact_merges_what_two_runs_wrote_and_verify_finds_it_sound(depicta: Depicta, target: Path) -> None:
    done = depicta("dataset", "compact", target, "--json")
    assert (done.code, done.document) == (0, {"merged": 2, "into": 1, "expired": 0})
    assert len(list(target.glob("manifest/stories/*/*.parquet"))) == 1
    assert depicta("dataset", "verify", target).code == 0
    assert "0 parts of each table merged" in depicta("dataset", "compact", target).err


@pytest.mark.parametrize("refer", [lambda scene: scene.parent.name, str])
def test_show_traces_back_to_the_storyboard_that_was_sent(
    depicta: Depicta, target: Path, refer: Callable[[Path], str]
) -> None:
    scene = a_scene(target)
    shown = depicta("dataset", "show", target, refer(scene))
    assert shown.code == 0
    assert json.loads(shown.out)["scenes"] == STORYBOARD["scenes"]
    assert "formats=" in shown.err
    document = depicta("dataset", "show", target, refer(scene), "--json").document
    assert document["storyboard_is_proven"] is True
    assert json.loads(str(document["storyboard"])) == json.loads(shown.out)


@pytest.mark.parametrize("command", [["verify"], ["compact"], ["show", "0" * 32]])
def test_where_there_is_no_dataset_each_command_says_so(depicta: Depicta, tmp_path: Path, command: list[str]) -> None:
    refused = depicta("dataset", command[0], tmp_path / "nothing", *command[1:])
    assert refused.code == 1
    assert "no dataset yet" in refused.err
