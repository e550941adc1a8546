"""One server with its deployments and worker for all of these tests, and a client of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests.doubles.prefect_house import RunningHouse, running_house
from tests.doubles.running_studio import running_studio


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, prefect_database: Path) -> Iterator[RunningHouse]:
    """With a studio whose stories outlast a window of the polls of this worker."""
    directory = tmp_path_factory.mktemp("house")
    with running_studio(directory.with_name("studio"), seconds_per_scene=1.2) as studio:
        worker_environment = {
            **studio.environment,
            "DEPICTA_POLL_WINDOW_SECONDS": "1",
            "DEPICTA_POLL_INTERVAL_SECONDS": "0.3",
            "DEPICTA_STATE_DIRECTORY": str(directory / "state"),
        }
        with running_house(directory, prefect_database, worker_environment) as running:
            yield running


@pytest.fixture(scope="session")
def client(house: RunningHouse) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: house.api_url}), get_client(sync_client=True) as client:
        yield client
