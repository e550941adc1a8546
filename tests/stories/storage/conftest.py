from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from stories.storage.target import FsspecStore, open_target
from tests.fixtures.object_store import ObjectStore, running_object_store


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[ObjectStore]:
    with running_object_store() as store:
        yield store


@pytest.fixture
async def s3_target(s3_endpoint: ObjectStore) -> AsyncIterator[FsspecStore]:
    url = f"s3://{s3_endpoint.new_bucket()}/a dataset [1]"
    async with open_target(url, storage_options=s3_endpoint.storage_options) as store:
        yield store


@pytest.fixture
async def local_target(tmp_path: Path) -> AsyncIterator[FsspecStore]:
    async with open_target(str(tmp_path / "a dataset [1]")) as store:
        yield store


@pytest.fixture(params=["local", "s3"])
def target(request: pytest.FixtureRequest) -> FsspecStore:
    """Each kind of target in turn: what both must do alike."""
    return request.getfixturevalue(f"{request.param}_target")
