"""Retries of requests that may be repeated: the one retry loop of the API clients, for GET requests only."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from stories.clock import Clock
from stories.errors import RateLimited, ServiceUnavailable, StoriesError

Result = TypeVar("Result")


@dataclass(frozen=True)
class RetryPolicy:
    """The number of attempts and their waits. The last attempt starts within the total; 300 s of `Retry-After` fit."""

    attempts: int = 5
    first_delay_seconds: float = 0.5
    longest_delay_seconds: float = 20.0
    total_seconds: float = 400.0


@dataclass(frozen=True)
class Retries:
    """Exponential back-off with full jitter: each wait is random between zero and the back-off."""

    clock: Clock
    rng: random.Random
    policy: RetryPolicy = RetryPolicy()

    async def run(
        self, attempt: Callable[[int], Awaitable[Result]], retry_on: tuple[type[StoriesError], ...]
    ) -> Result:
        """Return the result of the first attempt that does not raise one of `retry_on`; attempts are numbered from 0.

        Raises the last error when the attempts are used up, or when the next one would start after the total.
        """
        deadline = self.clock.monotonic() + self.policy.total_seconds
        number = 0
        while True:
            try:
                return await attempt(number)
            except retry_on as error:
                wait_seconds = self._wait_seconds(error, number)
                number += 1
                if number >= self.policy.attempts or self.clock.monotonic() + wait_seconds > deadline:
                    raise
            await self.clock.sleep(wait_seconds)

    def _wait_seconds(self, error: StoriesError, number: int) -> float:
        """Return the full wait that the service asked for plus jitter, so that clients do not all return at once."""
        backoff = min(self.policy.first_delay_seconds * 2**number, self.policy.longest_delay_seconds)
        retry_after = error.retry_after_seconds if isinstance(error, RateLimited | ServiceUnavailable) else None
        return (retry_after or 0.0) + self.rng.uniform(0.0, backoff)
