from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from fsspec import AbstractFileSystem

from stories.clock import SystemClock
from stories.errors import TargetUnusable
from stories.storage.fsspec_store import FsspecStore, open_store
from stories.storage.location import open_location
from stories.storage.objects import BucketObjects
from tests.doubles.object_store import ObjectStore, running_object_store


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[ObjectStore]:
    with running_object_store() as store:
        yield store


@pytest.fixture(scope="session")
def s3_filesystem(s3_endpoint: ObjectStore) -> AbstractFileSystem:
    """One for all, since each costs botocore half a second."""
    return open_location("s3://any", refusal=TargetUnusable, storage_options=s3_endpoint.storage_options).filesystem


@pytest.fixture
async def s3_target(s3_endpoint: ObjectStore, s3_filesystem: AbstractFileSystem) -> AsyncIterator[FsspecStore]:
    root = f"{s3_endpoint.new_bucket()}/a dataset [1]"
    objects = BucketObjects(s3_filesystem, root)
    async with FsspecStore(f"s3://{root}", objects, parallel_calls=8, clock=SystemClock()) as store:
        yield store


@pytest.fixture
async def local_target(tmp_path: Path) -> AsyncIterator[FsspecStore]:
    async with open_store(str(tmp_path / "a dataset [1]")) as store:
        yield store


@pytest.fixture(params=["local", "s3"])
def target(request: pytest.FixtureRequest) -> FsspecStore:
    """Each kind of target in turn: what both must do alike."""
    return request.getfixturevalue(f"{request.param}_target")
