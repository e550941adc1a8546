"""The manifest as Iceberg and Delta tables, registered in place: once, again, and after parts were merged."""

import json
import shutil
from pathlib import Path

import pytest

from cli.app import run
from tests.doubles.produced_dataset import Produced, assert_is_the_served_picture

Capture = pytest.CaptureFixture[str]

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(240)]


@pytest.fixture
def dataset(produced: Produced, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return shutil.copytree(produced.root, tmp_path / "dataset")


def register(root: Path | str, *options: str, capsys: Capture) -> dict[str, tuple[int, int, int]]:
    """Files, added and removed, by location."""
    capsys.readouterr()
    assert run(["dataset", "register", str(root), *options, "--json"]) == 0
    tables = json.loads(capsys.readouterr().out)["tables"]
    return {it["location"]: (it["files"], it["added"], it["removed"]) for it in tables}


def parts(root: Path) -> int:
    return len(list(root.glob("manifest/images/**/*.parquet")))


def test_iceberg_has_every_row_and_learns_once(dataset: Path, produced: Produced, capsys: Capture) -> None:
    from pyiceberg.catalog.sql import SqlCatalog  # noqa: PLC0415

    many = parts(dataset)
    first = register(dataset, "--iceberg", "local.stories", capsys=capsys)
    assert first == {f"local.stories.{table}": (many, many, 0) for table in ("images", "stories")}
    again = register(dataset, "--iceberg", "local.stories", capsys=capsys)
    assert set(again.values()) == {(many, 0, 0)}
    with SqlCatalog("local", uri=f"sqlite:///{dataset}/_meta/iceberg/catalog.db") as catalog:
        images = catalog.load_table("stories.images").scan(row_filter="status = 'ok'").to_arrow()
        assert images.num_rows == produced.files
        assert catalog.load_table("stories.stories").scan().to_arrow().num_rows == produced.stories
        assert_is_the_served_picture(images["file_name"][0].as_py(), dataset, produced)
        assert run(["dataset", "compact", str(dataset)]) == 0
        merged = register(dataset, "--iceberg", "local.stories", capsys=capsys)
        assert set(merged.values()) == {(1, 1, many)}
        images = catalog.load_table("stories.images").scan(row_filter="status = 'ok'").to_arrow()
        assert images.num_rows == produced.files


def test_delta_has_every_row_and_learns_once(dataset: Path, produced: Produced, capsys: Capture) -> None:
    from deltalake import DeltaTable  # noqa: PLC0415

    many = parts(dataset)
    assert set(register(dataset, "--delta", capsys=capsys).values()) == {(many, many, 0)}
    assert set(register(dataset, "--delta", capsys=capsys).values()) == {(many, 0, 0)}
    assert run(["dataset", "compact", str(dataset)]) == 0
    assert set(register(dataset, "--delta", capsys=capsys).values()) == {(1, 1, many)}
    images, stories = DeltaTable(dataset).to_pyarrow_table(), DeltaTable(dataset / "manifest").to_pyarrow_table()
    assert sum(status == "ok" for status in images["status"].to_pylist()) == produced.files
    assert stories.num_rows == produced.stories
    assert_is_the_served_picture(images["file_name"].drop_null()[0].as_py(), dataset, produced)
    assert len(DeltaTable(dataset).history()) == 2
    assert list(dataset.rglob("*.checkpoint.parquet")) == []


@pytest.mark.usefixtures("in_the_cloud")
def test_both_read_the_bucket(
    bucket: str, produced: Produced, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deltalake import DeltaTable  # noqa: PLC0415
    from pyiceberg.catalog.sql import SqlCatalog  # noqa: PLC0415

    monkeypatch.setenv("DEPICTA_STATE_DIRECTORY", str(tmp_path / "state"))
    many = parts(produced.root)
    done = register(bucket, "--iceberg", "local.stories", "--delta", capsys=capsys)
    assert set(done.values()) == {(many, many, 0)}
    (catalog_file,) = (tmp_path / "state/iceberg").glob("*/catalog.db")
    fsspec = {"py-io-impl": "pyiceberg.io.fsspec.FsspecFileIO"}
    with SqlCatalog("local", uri=f"sqlite:///{catalog_file}", **fsspec) as catalog:
        images = catalog.load_table("stories.images").scan(row_filter="status = 'ok'").to_arrow()
    assert images.num_rows == produced.files
    assert DeltaTable(f"{bucket}/manifest").to_pyarrow_table().num_rows == produced.stories


def test_readers_of_folders_see_no_log_and_verify_knows_it(dataset: Path, capsys: Capture) -> None:
    """Nothing that a registration writes lies where a reader takes every file."""
    before = {path for path in dataset.rglob("*") if path.is_file()}
    register(dataset, "--iceberg", "local.stories", "--delta", capsys=capsys)
    written = {
        path.relative_to(dataset).as_posix() for path in dataset.rglob("*") if path.is_file() and path not in before
    }
    assert {name.split("/")[0] for name in written} == {"_meta", "_delta_log", "manifest"}
    assert {name for name in written if name.startswith("manifest/")} == {
        "manifest/_delta_log/00000000000000000000.json"
    }
    assert not any(name.endswith(".parquet") for name in written)
    assert run(["dataset", "export", str(dataset), "--to", "parquet"]) == 0
    assert run(["dataset", "verify", str(dataset)]) == 0
