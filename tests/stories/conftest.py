"""A scripted API and its clients on a clock that does not wait, and a studio for the tests that want the real thing."""

import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from stories.api.access import ApiAccess
from stories.api.image_hosts import ImageHosts
from stories.api.images import ImageClient
from stories.api.poll import PollClient
from stories.api.retries import Retries
from stories.storage.fsspec_store import FsspecStore, open_store
from tests.doubles.hand_clock import HandClock
from tests.doubles.running_studio import RunningStudio, running_studio
from tests.doubles.scripted_api import KEY, ScriptedApi


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """One for all tests: each sends storyboards of its own, and finds them by their bodies."""
    with running_studio(tmp_path_factory.mktemp("studio"), starting_balance_eur=10_000) as running:
        yield running


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def jitter() -> random.Random:
    return random.Random(7)  # noqa: S311 - jitter that repeats


@pytest.fixture
async def api() -> AsyncIterator[ScriptedApi]:
    async with ScriptedApi() as scripted:
        yield scripted


@pytest.fixture
def access(api: ScriptedApi) -> ApiAccess:
    return ApiAccess(api.url, SecretStr(KEY))


@pytest.fixture
async def polls(access: ApiAccess, clock: HandClock, jitter: random.Random) -> AsyncIterator[PollClient]:
    async with PollClient(access, Retries(clock, jitter)) as client:
        yield client


@pytest.fixture
async def images(access: ApiAccess, clock: HandClock, jitter: random.Random) -> AsyncIterator[ImageClient]:
    async with ImageClient(ImageHosts.of(access), Retries(clock, jitter)) as client:
        yield client


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[FsspecStore]:
    async with open_store(str(tmp_path / "target")) as store:
        yield store
