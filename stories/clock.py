"""Time as an argument: code that waits or reads the time takes a `Clock`, so that tests and simulations control it."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A clock with wall time for timestamps, monotonic time for deadlines, and sleep."""

    def now(self) -> datetime:
        """Return the wall time in UTC; it is never compared with another machine's."""
        ...

    def monotonic(self) -> float:
        """Return the seconds of a clock that never jumps; only differences have a meaning."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait without blocking the event loop."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
