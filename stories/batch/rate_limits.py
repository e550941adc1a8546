"""The limits of the load on the service: submits per second, and stories at the service at the same time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stories.clock import Clock

_SECONDS_BETWEEN_HALVINGS = 10.0
"""Refusals within this time after a halving answer requests from before it, and say nothing about the new limit."""


class InFlightLimit:
    """Slots for stories at the service: halved when the service asks for less load, regained one at a time.

    Additive increase and multiplicative decrease (RFC 5681, section 3.1) let many clients of one account settle at a
    fair share. Slots are given in the order of the requests.
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
        """Number of slots that may be taken at the same time now."""
        return self._capacity

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold a slot while the block runs; waits until one is free."""
        await self._take()
        try:
            yield
        finally:
            self._release()

    def slow_down(self) -> None:
        """Halve the number of slots, once in 10 seconds at most; slots that are taken stay taken until released."""
        now = self._clock.monotonic()
        if self._halved_at is not None and now - self._halved_at < _SECONDS_BETWEEN_HALVINGS:
            return
        self._halved_at = now
        self._capacity = max(1, self._capacity // 2)
        self._accepted_since_change = 0

    def accepted(self) -> None:
        """Note an accepted submit; as many of them as there are slots add one more slot."""
        self._accepted_since_change += 1
        if self._capacity < self._most and self._accepted_since_change >= self._capacity:
            self._capacity += 1
            self._accepted_since_change = 0
            self._serve_waiting()

    async def _take(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._serve_waiting()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the slot was given before the cancellation arrived
                self._release()
            raise

    def _release(self) -> None:
        self._busy -= 1
        self._serve_waiting()

    def _serve_waiting(self) -> None:
        while self._waiting and self._busy < self._capacity:
            turn = self._waiting.popleft()
            if not turn.cancelled():
                turn.set_result(None)
                self._busy += 1


class TokenBucket:
    """A limit of `per_second` turns a second on average, with bursts of that size (the generic cell rate algorithm)."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._interval_seconds = 1 / per_second
        self._burst_seconds = max(0.0, 1.0 - self._interval_seconds)
        self._clock = clock
        self._due = clock.monotonic()
        """Monotonic time of the next turn if there were no bursts."""
        self._turn = asyncio.Lock()

    async def take(self) -> None:
        """Wait for the next turn; turns are given in the order of the calls."""
        async with self._turn:
            while (wait_seconds := self._due - self._burst_seconds - self._clock.monotonic()) > 0:
                await self._clock.sleep(wait_seconds)
            self._due = max(self._due, self._clock.monotonic()) + self._interval_seconds

    def pause(self, seconds: float) -> None:
        """Give no turn for this many seconds, not even to callers that wait already, and allow no burst afterwards."""
        self._due = max(self._due, self._clock.monotonic() + seconds + self._burst_seconds)
