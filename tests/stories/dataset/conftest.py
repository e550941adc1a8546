from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stories.storage.fsspec_store import FsspecStore, open_store
from tests.doubles.commit_logs import NewLog, log_maker


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FsspecStore]:
    async with open_store(str(tmp_path / "dataset")) as target:
        yield target


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the store keeps its files, for readers that know nothing of it."""
    return tmp_path / "dataset"


@pytest.fixture
def new_log() -> NewLog:
    """A log as another process opens it: it knows only what is on the target."""
    return log_maker()
