"""How fast submits leave and how many stories are at the service at once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stories.clock import Clock

_SECONDS_BETWEEN_HALVINGS = 10.0
"""Refusals that come within this time of a halving are for what was sent before it, and say nothing of the new pace."""


class InFlightLimit:
    """Slots for stories that are at the service: halved when it asks for less, grown back one slot at a time.

    Additive increase and multiplicative decrease (RFC 5681, section 3.1) let many clients of one account settle at a
    fair share. Slots are given in the order of asking.
    """

    def __init__(self, slots: int, clock: Clock) -> None:
        self._most = slots
        self._capacity = slots
        self._busy = 0
        self._clock = clock
        self._halved_at: float | None = None
        self._accepted_since_change = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def capacity(self) -> int:
        """Slots that may be taken now."""
        return self._capacity

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold a slot for the block; waits while all are taken."""
        await self._take()
        try:
            yield
        finally:
            self._give_back()

    def slow_down(self) -> None:
        """Halve the slots; those that are taken stay taken until they are given back."""
        now = self._clock.monotonic()
        if self._halved_at is not None and now - self._halved_at < _SECONDS_BETWEEN_HALVINGS:
            return
        self._halved_at = now
        self._capacity = max(1, self._capacity // 2)
        self._accepted_since_change = 0

    def accepted(self) -> None:
        """Note a submit that went through; a whole round of them earns one more slot."""
        self._accepted_since_change += 1
        if self._capacity < self._most and self._accepted_since_change >= self._capacity:
            self._capacity += 1
            self._accepted_since_change = 0
            self._let_in()

    async def _take(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._let_in()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the slot was given before the cancellation arrived
                self._give_back()
            raise

    def _give_back(self) -> None:
        self._busy -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._busy < self._capacity:
            turn = self._waiting.popleft()
            if not turn.cancelled():
                turn.set_result(None)
                self._busy += 1


class TokenBucket:
    """At most `per_second` takes a second on average, with bursts of that size (the generic cell rate algorithm)."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._interval_seconds = 1 / per_second
        self._burst_seconds = max(0.0, 1.0 - self._interval_seconds)
        self._clock = clock
        self._due = clock.monotonic()
        """When the next turn would be if there were no bursts."""
        self._first_in_line = asyncio.Lock()

    async def take(self) -> None:
        """Wait for the next turn; turns are given in the order of the calls."""
        async with self._first_in_line:
            while (wait_seconds := self._due - self._burst_seconds - self._clock.monotonic()) > 0:
                await self._clock.sleep(wait_seconds)
            self._due = max(self._due, self._clock.monotonic()) + self._interval_seconds

    def pause(self, seconds: float) -> None:
        """Give no turn for this long, to those who wait already neither, and no burst when it is over."""
        self._due = max(self._due, self._clock.monotonic() + seconds + self._burst_seconds)
