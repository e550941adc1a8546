"""The card's code for the engines that are not always there, as a person would run it in the dataset's directory."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.app import run
from tests.doubles.card_code import code_on_card
from tests.doubles.produced_dataset import DRAWN, Produced

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(240)]

PREPARED = {
    "datasets": (),
    "deltalake": ("register", ".", "--delta"),
    "pyiceberg": ("register", ".", "--iceberg", "local.stories"),
    "webdataset": ("export", ".", "--to", "webdataset", "--out", "shards"),
}
Names = dict[str, Any]


@pytest.fixture
def dataset(produced: Produced, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy, and where this process is."""
    root = shutil.copytree(produced.root, tmp_path / "dataset")
    monkeypatch.chdir(root)
    return root


@pytest.mark.parametrize("engine", PREPARED)
def test_the_code_runs_and_finds_what_is_there(engine: str, dataset: Path, produced: Produced) -> None:
    (code,) = (example.code for example in code_on_card(dataset) if example.needs == engine)
    if PREPARED[engine]:
        assert run(["dataset", *PREPARED[engine]]) == 0
    names: Names = {}
    exec(compile(code, "card", "exec"), names)  # noqa: S102 - the card's own code
    assert FOUND[engine](names, produced)


def test_every_engine_of_the_card_is_run_somewhere(produced: Produced) -> None:
    """That of Spark in its own test, whose session it shares."""
    assert {example.needs for example in code_on_card(produced.root)} == {"", "pyspark", *PREPARED}


def _pictures(names: Names, produced: Produced) -> bool:
    first = next(iter(names["stream"]))
    assert (len(names["pictures"]), len(names["rows"])) == (produced.files, produced.stories)
    return bool(names["pictures"][0]["image"].size == first["image"].size)


def _rows(names: Names, produced: Produced) -> bool:
    return sum(status == "ok" for status in names["images"]["status"].to_pylist()) == produced.files


FOUND: dict[str, Callable[[Names, Produced], bool]] = {
    "datasets": _pictures,
    "deltalake": _rows,
    "pyiceberg": _rows,
    "webdataset": lambda names, produced: sum(1 for _ in names["samples"]) > DRAWN,
}
