import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stories.api.wire import ImageFormat
from stories.dataset import layout
from stories.dataset.schema import Table
from stories.storage.keys import check_key

STORY_ID = "0123456789abcdef" * 2
# The words of `datasets.data_files`, which it looks for between any of `-._ 0-9` and `/`.
SPLIT_WORDS = {"train", "training", "validation", "valid", "dev", "val", "test", "testing", "eval", "evaluation"}


def words(key: str) -> set[str]:
    return set(re.split(r"[-._ 0-9/]+", key.lower()))


def test_every_kind_of_object_has_its_key() -> None:
    assert layout.scene_key(STORY_ID, 0, ImageFormat.PNG) == f"images/{STORY_ID}/scene-01.png"
    assert layout.scene_key(STORY_ID, 99, ImageFormat.JPEG) == f"images/{STORY_ID}/scene-100.jpg"
    assert layout.character_key(STORY_ID, "Mira", ImageFormat.WEBP) == f"images/{STORY_ID}/character-mira-ef9ee12d.webp"
    assert layout.location_key(STORY_ID, "", ImageFormat.PNG) == f"images/{STORY_ID}/location-unnamed-e3b0c442.png"
    assert layout.sidecar_key(STORY_ID) == f"images/{STORY_ID}/story.json"
    part = layout.part_key(Table.STORIES, date(2026, 1, 2), "r1-0001")
    assert part == "manifest/stories/dt=2026-01-02/part-r1-0001.parquet"
    assert layout.commit_key(42) == "_meta/commits/000000000042.json"
    assert layout.run_key("r1") == "_meta/runs/r1.json"
    assert layout.shard_key("r1", 7) == "_meta/runs/r1/shard-0007.jsonl"
    assert layout.dead_letter_key("r1") == "_meta/deadletter/r1.jsonl"


def test_a_commit_key_and_a_staged_key_can_be_read_back() -> None:
    instant = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert layout.commit_version_of(layout.commit_key(42)) == 42
    assert layout.staged_at(layout.staged_key(instant, "r1-0001", "abc")) == instant
    assert layout.commit_version_of("_meta/commits/README") is None
    assert layout.staged_at("_meta/staging/something") is None


@pytest.mark.parametrize("name", ["Test", "the dev", "Val 2", "eval_x", "Training Day", "a" * 35 + " testament"])
def test_the_name_of_a_character_cannot_hijack_the_splits_of_a_loader(name: str) -> None:
    assert words(layout.character_key(STORY_ID, name, ImageFormat.PNG)).isdisjoint(SPLIT_WORDS)


def test_a_word_that_only_contains_a_split_word_stays() -> None:
    assert layout.reference_id("Valeria Trainor").startswith("valeria-trainor-")


@given(st.text(max_size=200))
def test_any_name_gives_a_key_of_its_own_that_a_store_takes(name: str) -> None:
    key = layout.location_key(STORY_ID, name, ImageFormat.PNG)
    check_key(key)
    assert len(key) < 160
    assert words(key).isdisjoint(SPLIT_WORDS)
    assert key != layout.location_key(STORY_ID, f"{name}.", ImageFormat.PNG)


@pytest.mark.parametrize("batch_id", ["", "../x", "a/b", "nightly-test", "DEV", ".hidden", "x" * 101, "a b"])
def test_an_id_that_would_spoil_the_tree_is_refused(batch_id: str) -> None:
    with pytest.raises(ValueError, match="cannot be part of a key"):
        layout.part_key(Table.IMAGES, date(2026, 1, 2), batch_id)
