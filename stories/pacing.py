"""How fast submits leave and how many stories are at the service at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stories.clock import Clock


class InFlightLimit:
    """Slots for stories that are at the service: halved when it asks for less, grown back one slot at a time.

    Additive increase and multiplicative decrease (RFC 5681, section 3.1)
    let many clients of one account settle at a fair share.
    """

    def __init__(self, slots: int) -> None:
        self._most = slots
        self._capacity = slots
        self._busy = 0
        self._accepted_since_change = 0
        self._freed = asyncio.Condition()

    @property
    def capacity(self) -> int:
        """Slots that may be taken now."""
        return self._capacity

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold a slot for the block; waits while all are taken."""
        async with self._freed:
            await self._freed.wait_for(lambda: self._busy < self._capacity)
            self._busy += 1
        try:
            yield
        finally:
            async with self._freed:
                self._busy -= 1
                self._freed.notify_all()

    def slow_down(self) -> None:
        """Halve the slots; those that are taken stay taken until they are given back."""
        self._capacity = max(1, self._capacity // 2)
        self._accepted_since_change = 0

    def accepted(self) -> None:
        """Note a submit that went through; a whole round of them earns one more slot."""
        self._accepted_since_change += 1
        if self._capacity < self._most and self._accepted_since_change >= self._capacity:
            self._capacity += 1
            self._accepted_since_change = 0


class TokenBucket:
    """At most `per_second` takes a second on average, with bursts of that size (the generic cell rate algorithm)."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._interval_seconds = 1 / per_second
        self._burst_seconds = max(0.0, 1.0 - self._interval_seconds)
        self._clock = clock
        self._due = clock.monotonic()
        self._not_before = clock.monotonic()

    async def take(self) -> None:
        """Wait for the next turn; turns are given in the order of the calls."""
        now = self._clock.monotonic()
        self._due = max(self._due, now) + self._interval_seconds
        turn = max(self._due - self._interval_seconds - self._burst_seconds, self._not_before)
        while (wait_seconds := max(turn, self._not_before) - self._clock.monotonic()) > 0:
            await self._clock.sleep(wait_seconds)

    def pause(self, seconds: float) -> None:
        """Give no turn for this long, for those who wait already too."""
        self._not_before = max(self._not_before, self._clock.monotonic() + seconds)
