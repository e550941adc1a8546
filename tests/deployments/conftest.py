"""One server with its deployments and worker for all of these tests, and a client of it."""

from collections.abc import Iterator

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from studio.process import StudioProcess
from studio.settings import StudioSettings
from tests.doubles.prefect_house import KEY, RunningHouse, running_house


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHouse]:
    """With a studio whose stories outlast a window of the polls of this worker."""
    directory = tmp_path_factory.mktemp("house")
    settings = StudioSettings(
        data_directory=directory.with_name("studio"), port=0, picture_size=(64, 64), seconds_per_scene=1.2
    )
    with StudioProcess(settings, key=KEY) as studio:
        worker_environment = {
            "DEPICTA_API_URL": studio.address.url,
            "DEPICTA_API_KEY": KEY,
            "DEPICTA_POLL_WINDOW_SECONDS": "1",
            "DEPICTA_POLL_INTERVAL_SECONDS": "0.3",
            "DEPICTA_STATE_DIRECTORY": str(directory / "state"),
        }
        with running_house(directory, worker_environment) as running:
            yield running


@pytest.fixture(scope="session")
def client(house: RunningHouse) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: house.api_url}), get_client(sync_client=True) as client:
        yield client
