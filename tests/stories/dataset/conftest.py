from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path

import pytest

from stories.clock import SystemClock
from stories.dataset.log.commits import CommitLog
from stories.storage.fsspec_store import FsspecStore, open_store
from stories.storage.store import Store

NewLog = Callable[[Store], CommitLog]


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
    """A log as another process would open it: it knows nothing that is not on the target."""
    numbers = count(1)
    return lambda store: CommitLog(store, SystemClock(), lambda: f"nonce{next(numbers)}")
