"""A key that must never be seen, a clock that does not wait, and retries on it."""

import random

import pytest
from pydantic import SecretStr

from stories.api.retries import Retries
from tests.doubles.hand_clock import HandClock
from tests.doubles.scripted_api import KEY


@pytest.fixture
def key() -> SecretStr:
    return SecretStr(KEY)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def retries(clock: HandClock) -> Retries:
    return Retries(clock, random.Random(7))  # noqa: S311 - jitter that repeats
