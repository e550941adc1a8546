"""WebDataset's own library over the exported tar files."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from cli.app import run
from tests.doubles.produced_dataset import SIZE, Produced


@pytest.mark.filterwarnings("ignore")
def test_every_sample_has_the_bytes_as_they_were_served_and_its_row(produced: Produced, tmp_path: Path) -> None:
    import webdataset  # noqa: PLC0415 - it warns when it is imported

    assert run(["dataset", "export", str(produced.root), "--to", "webdataset", "--out", str(tmp_path / "tars")]) == 0
    samples = {}
    for image_format, extension in (("png", "png"), ("jpeg", "jpg"), ("webp", "webp")):
        shards = sorted(map(str, (tmp_path / "tars" / image_format).glob("*.tar")))
        for sample in webdataset.WebDataset(shards, shardshuffle=False, empty_check=False):
            samples[sample["__key__"], extension] = sample
    assert len(samples) == produced.files
    (key, extension), sample = min(samples.items())
    row = json.loads(sample["json"])
    assert sample[extension] == (produced.root / row["file_name"]).read_bytes()
    assert "." not in key
    assert Image.open(BytesIO(sample[extension])).size == SIZE
