"""The dataset that every engine opens, on a directory and in a bucket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.object_store import ObjectStore, running_object_store
from tests.doubles.produced_dataset import Produced, produce


@pytest.fixture(scope="session")
def produced(tmp_path_factory: pytest.TempPathFactory) -> Produced:
    return produce(tmp_path_factory.mktemp("engines"))


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    with running_object_store() as server:
        yield server


@pytest.fixture(scope="session")
def bucket(produced: Produced, object_store: ObjectStore) -> str:
    """The URL of the same dataset, object by object, in a bucket."""
    name = object_store.new_bucket()
    for path in sorted(produced.root.rglob("*")):
        if path.is_file():
            object_store.put(name, f"v1/{produced.name_of(path)}", path.read_bytes())
    return f"s3://{name}/v1"


@pytest.fixture
def in_the_cloud(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment by which every library finds the bucket."""
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")


@pytest.fixture(autouse=True)
def _cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hugging Face's libraries keep what they make here. "Offline" is not set: they would take a bucket for the hub."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
