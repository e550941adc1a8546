from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stories.storyboards.source import FoundStoryboard, UnusableStoryboard, read_storyboards
from tests.doubles.object_store import ObjectStore, running_object_store

Write = Callable[[str, bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below the directory of the test, and return its path."""

    def write_file(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return write_file


@pytest.fixture
def read_one(write: Write) -> Callable[[str, bytes], FoundStoryboard | UnusableStoryboard]:
    """Write a file that holds one storyboard, and read it."""

    def read_file(name: str, content: bytes) -> FoundStoryboard | UnusableStoryboard:
        (storyboard,) = read_storyboards(str(write(name, content)))
        return storyboard

    return read_file


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    with running_object_store() as store:
        yield store
