from pathlib import Path

import pytest

from stories.errors import TargetUnusable
from stories.target import begin_target, open_target


async def test_a_place_without_a_dataset_is_none_and_stays_as_it_is(tmp_path: Path) -> None:
    async with open_target(str(tmp_path / "target"), run_id="r", state_directory=tmp_path / "state") as dataset:
        assert dataset is None
    assert not (tmp_path / "target").exists()
    assert not (tmp_path / "state").exists()


async def test_a_dataset_is_begun_once_and_keeps_its_identity(tmp_path: Path) -> None:
    target = str(tmp_path / "target")
    async with begin_target(target, run_id="r") as begun:
        assert [stored.key async for stored in begun.store.list("")] == ["_meta/dataset.json"]
    async with (
        begin_target(target, run_id="r") as again,
        open_target(target, run_id="r", state_directory=None) as opened,
    ):
        assert opened is not None
        assert begun.identity == again.identity == opened.identity


async def test_only_with_a_state_directory_may_anything_be_sent(tmp_path: Path) -> None:
    target = str(tmp_path / "target")
    async with begin_target(target, run_id="r") as begun:
        assert begun.ledger.spool is None
    async with open_target(target, run_id="r", state_directory=tmp_path / "state") as dataset:
        assert dataset is not None
        assert dataset.ledger.spool is not None


async def test_a_place_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    with pytest.raises(TargetUnusable, match="not empty"):
        async with begin_target(str(tmp_path), run_id="r"):
            pass
    assert (tmp_path / "holiday.jpg").read_bytes() == b"mine"
    assert not (tmp_path / "_meta").exists()
