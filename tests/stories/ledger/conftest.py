from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from stories.storage.fsspec_store import FsspecStore, open_store
from tests.doubles.hand_clock import HandClock
from tests.doubles.ledger_processes import NewProcess, Process


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "target"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
async def store(root: Path) -> AsyncIterator[FsspecStore]:
    async with open_store(str(root)) as target:
        yield target


@pytest.fixture
def new_process(store: FsspecStore, directory: Path, clock: HandClock) -> Iterator[NewProcess]:
    """Processes on one target and one host; those that still live at the end die then."""
    started: list[Process] = []

    def start(**settings: str) -> Process:
        started.append(Process(store, directory, clock, **settings))
        return started[-1]

    yield start
    for process in started:
        process.die()


@pytest.fixture
def process(new_process: NewProcess) -> Process:
    return new_process()
