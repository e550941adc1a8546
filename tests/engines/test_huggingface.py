"""Hugging Face `datasets`: the dataset as it lies there, and its exports, whole and streamed, with decoded pictures."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.app import run
from tests.doubles.object_store import ObjectStore
from tests.doubles.produced_dataset import DRAWN, SIZE, STYLES, Produced

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(240)]


def load(*arguments: str, **options: object) -> object:
    """`load_dataset`; imported late, for it reads the environment when it is."""
    from datasets import load_dataset  # noqa: PLC0415

    return load_dataset(*arguments, **options)


def assert_same_picture(picture: Image.Image, path: Path) -> None:
    assert picture.size == SIZE
    assert np.array_equal(np.asarray(picture.convert("RGB")), np.asarray(Image.open(path).convert("RGB")))


def test_an_image_folder(produced: Produced) -> None:
    images = load("imagefolder", data_dir=str(produced.root), split="train")
    assert images.num_rows == produced.files
    row = next(row for row in images if row["role"] == "scene" and row["format"] == "png")
    assert_same_picture(
        row["image"], produced.root / f"images/{row['story_id']}/scene-{row['scene_index'] + 1:02d}.png"
    )


def test_an_image_folder_streamed(produced: Produced) -> None:
    images = load("imagefolder", data_dir=str(produced.root), split="train", streaming=True)
    assert sum(1 for _ in images) == produced.files


def test_the_directory_by_its_card(produced: Produced) -> None:
    images = load(str(produced.root), split="train")
    stories = load(str(produced.root), "stories", split="train")
    assert sum(status == "ok" for status in images["status"]) == produced.files
    assert stories.num_rows == produced.stories


def test_an_export_to_parquet(produced: Produced, tmp_path: Path) -> None:
    out = tmp_path / "parquet"
    assert run(["dataset", "export", str(produced.root), "--to", "parquet", "--out", str(out)]) == 0
    images = load("parquet", data_files=f"{out}/*.parquet", split="train")
    assert images.num_rows == produced.files
    row = next(row for row in images if row["format"] == "webp")
    assert_same_picture(row["image"], produced.root / row["file_name"])
    streamed = load("parquet", data_files=f"{out}/*.parquet", split="train", streaming=True)
    assert sum(1 for _ in streamed) == produced.files


def test_an_export_with_a_card_and_splits(produced: Produced, tmp_path: Path) -> None:
    out = tmp_path / "folder"
    options = ["--split", "train=0.8", "--split", "validation=0.2", "--format", "png", "--role", "scene"]
    assert run(["dataset", "export", str(produced.root), "--to", "huggingface", "--out", str(out), *options]) == 0
    both = load(str(out))
    assert sorted(both) == ["train", "validation"]
    assert both["train"].num_rows + both["validation"].num_rows == produced.scenes
    assert set(both["train"]["story_id"]).isdisjoint(both["validation"]["story_id"])
    assert both["validation"][0]["image"].size == SIZE


def test_an_export_to_webdataset(produced: Produced, tmp_path: Path) -> None:
    out = tmp_path / "tars"
    selected = ["--format", "jpeg", "--style", STYLES[1]]
    assert run(["dataset", "export", str(produced.root), "--to", "webdataset", "--out", str(out), *selected]) == 0
    images = load("webdataset", data_files=f"{out}/jpeg/*.tar", split="train", streaming=True)
    rows = list(images)
    assert {row["json"]["style"] for row in rows} == {STYLES[1]}
    assert len({row["json"]["story_id"] for row in rows}) == len(range(1, DRAWN, 3))
    assert_same_picture(rows[0]["jpg"], produced.root / rows[0]["json"]["file_name"])


def test_the_manifest_in_a_bucket(produced: Produced, bucket: str, object_store: ObjectStore) -> None:
    files, options = f"{bucket}/manifest/images/**/*.parquet", object_store.storage_options
    images = load("parquet", data_files=files, split="train", storage_options=options)
    assert sum(status == "ok" for status in images["status"]) == produced.files
