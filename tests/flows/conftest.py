"""Flows in this process, against a Prefect server and a studio that are processes of their own."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests.doubles.flow_runs import House
from tests.doubles.running_studio import RunningStudio, running_studio


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    with running_studio(tmp_path_factory.mktemp("studio")) as running:
        yield running


@pytest.fixture
def prefect_client(prefect_api: str) -> Iterator[SyncPrefectClient]:
    """A client of the server; Prefect's own code in this process talks to it too."""
    with temporary_settings({PREFECT_API_URL: prefect_api}), get_client(sync_client=True) as client:
        yield client
        gc.collect()  # so that they are met in the test that made them


@pytest.fixture
def house(
    studio: RunningStudio, prefect_client: SyncPrefectClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> House:
    monkeypatch.setenv("DEPICTA_API_URL", studio.url)
    monkeypatch.setenv("DEPICTA_API_KEY", studio.key)
    monkeypatch.setenv("DEPICTA_STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("DEPICTA_POLL_INTERVAL_SECONDS", "0.2")
    return House(studio, tmp_path / "boards.jsonl", tmp_path / "out")
