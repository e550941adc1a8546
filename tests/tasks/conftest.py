"""Tasks in this process: their runs are recorded by a Prefect server of its own."""

import gc
from collections.abc import Iterator

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings


@pytest.fixture
def prefect(prefect_api: str) -> Iterator[None]:
    """Prefect's code in this process talks to the server of the tests."""
    with temporary_settings({PREFECT_API_URL: prefect_api}):
        yield
        gc.collect()  # Prefect leaves its connections to the collector; they are to be met in the test that made them
