"""Trying again what may be repeated: the one retry loop of the client, for its GET requests only."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from stories.clock import Clock
from stories.errors import RateLimited, ServiceUnavailable, StoriesError

Result = TypeVar("Result")


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently. The total bounds the start of the last attempt; one 300 s `Retry-After` fits in."""

    attempts: int = 5
    first_delay_seconds: float = 0.5
    longest_delay_seconds: float = 20.0
    total_seconds: float = 400.0


@dataclass(frozen=True)
class Retries:
    """Exponential back-off with full jitter (each wait is random between nothing and the back-off)."""

    clock: Clock
    rng: random.Random
    policy: RetryPolicy = RetryPolicy()

    async def run(
        self, attempt: Callable[[int], Awaitable[Result]], retry_on: tuple[type[StoriesError], ...]
    ) -> Result:
        """The result of the first attempt that does not raise one of `retry_on`; attempts are numbered from 0.

        Raises the last error when the attempts are used up, or when the next would start too late.
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
        """What the service asked for is waited in full, and the jitter on top, so that not all come back at once."""
        backoff = min(self.policy.first_delay_seconds * 2**number, self.policy.longest_delay_seconds)
        asked = error.retry_after_seconds if isinstance(error, RateLimited | ServiceUnavailable) else None
        return (asked or 0.0) + self.rng.uniform(0.0, backoff)
