"""One layer repeats, a bounded number of times, for a bounded time."""

import random

import pytest

from stories.api.retries import Retries, RetryPolicy
from stories.errors import ConnectionLost, JobNotFound, RateLimited, ServiceUnavailable, StoriesError, TransientError
from tests.doubles.hand_clock import HandClock


class Failing:
    """Raises these errors, one per attempt, then succeeds."""

    def __init__(self, *troubles: StoriesError) -> None:
        self.troubles = list(troubles)
        self.numbers: list[int] = []

    async def __call__(self, number: int) -> str:
        self.numbers.append(number)
        if self.troubles:
            raise self.troubles.pop(0)
        return "done"


async def test_attempts_are_repeated_and_numbered(retries: Retries, clock: HandClock) -> None:
    failing = Failing(ConnectionLost("1"), ServiceUnavailable("2", http_status=502))
    assert await retries.run(failing, (TransientError,)) == "done"
    assert failing.numbers == [0, 1, 2]
    assert len(clock.sleeps) == 2


async def test_the_fifth_failure_is_the_last(retries: Retries, clock: HandClock) -> None:
    failing = Failing(*(ConnectionLost(str(number)) for number in range(9)))
    with pytest.raises(ConnectionLost, match="4"):
        await retries.run(failing, (TransientError,))
    assert len(failing.numbers) == 5
    assert len(clock.sleeps) == 4


async def test_other_errors_are_raised_at_once(retries: Retries, clock: HandClock) -> None:
    with pytest.raises(JobNotFound):
        await retries.run(Failing(JobNotFound("no", http_status=404, code="not_found")), (TransientError,))
    assert clock.sleeps == []


async def test_the_jitter_is_full_and_the_backoff_grows_to_its_cap() -> None:
    clock = HandClock()
    policy = RetryPolicy(attempts=400, first_delay_seconds=1.0, longest_delay_seconds=8.0, total_seconds=1e9)
    retries = Retries(clock, random.Random(1), policy)  # noqa: S311 - jitter that repeats
    await retries.run(Failing(*[ConnectionLost("x") for _ in range(399)]), (TransientError,))
    assert clock.sleeps[0] <= 1.0
    assert clock.sleeps[1] <= 2.0
    assert clock.sleeps[2] <= 4.0
    assert max(clock.sleeps) <= 8.0
    assert min(clock.sleeps) < 0.5
    assert max(clock.sleeps) > 7.5


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("x", retry_after_seconds=30.0),
        ServiceUnavailable("x", http_status=503, retry_after_seconds=30.0),
    ],
)
async def test_what_the_service_asks_for_is_waited_in_full(
    error: StoriesError, retries: Retries, clock: HandClock
) -> None:
    await retries.run(Failing(error), (TransientError,))
    assert 30.0 <= clock.sleeps[0] <= 30.5


async def test_a_wait_past_the_total_is_not_begun(retries: Retries, clock: HandClock) -> None:
    failing = Failing(*[RateLimited("x", retry_after_seconds=300.0) for _ in range(3)])
    with pytest.raises(RateLimited):
        await retries.run(failing, (TransientError,))
    assert len(clock.sleeps) == 1
    assert len(failing.numbers) == 2
