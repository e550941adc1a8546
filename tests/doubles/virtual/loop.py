"""An event loop that owns its time: it takes what is ready in order, and then jumps to the next timer.

Nothing here reads a clock, starts a thread or waits, so that a run of the same coroutines is the same run, bit for bit.
"""

import asyncio
import heapq
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from itertools import count
from typing import Any, TypeVar

_Result = TypeVar("_Result")
_MOST_STEPS = 2_000_000
"""Far beyond any seed; a livelock ends here instead of never."""


class VirtualLoop(asyncio.AbstractEventLoop):
    """As much of an event loop as tasks, futures, locks, timeouts and `asyncio.to_thread` need."""

    def __init__(self) -> None:
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._numbers = count()
        self._seconds = 0.0
        self.failures: list[object] = []
        """What callbacks and forgotten tasks raised."""

    def run(self, main: Coroutine[Any, Any, _Result]) -> _Result:
        """Run to the end of `main`; what is left behind is cancelled."""
        events._set_running_loop(self)
        try:
            task = self.create_task(main)
            self._until(task.done)
            leftovers = [left for left in asyncio.all_tasks(self) if not left.done()]
            while leftovers:
                for left in leftovers:
                    left.cancel()
                self._until(lambda: not self._ready)
                leftovers = [left for left in leftovers if not left.done()]
            return task.result()
        finally:
            events._set_running_loop(None)

    def _until(self, is_over: Callable[[], bool]) -> None:
        for _ in range(_MOST_STEPS):
            if is_over():
                return
            if not self._ready:
                if not self._timers:
                    raise RuntimeError("everybody waits for somebody: a deadlock")
                due, _, timer = heapq.heappop(self._timers)
                self._seconds = max(self._seconds, due)
                self._ready.append(timer)
            handle = self._ready.popleft()
            if not handle._cancelled:
                handle._run()
        raise RuntimeError("no end is in sight: a livelock")

    def time(self) -> float:
        return self._seconds

    def call_soon(
        self, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_at(
        self, when: float, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._numbers), timer))
        return timer

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._seconds + delay, callback, *args, context=context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is skipped when its time comes."""

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Context | None = None
    ) -> "asyncio.Task[Any]":
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def run_in_executor(self, executor: object, func: Callable[..., Any], *args: object) -> "asyncio.Future[Any]":
        """At once and here: a thread would come back when it likes."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as exc:  # noqa: BLE001 - the one who awaits it gets it, whatever it is
            future.set_exception(exc)
        return future

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.failures.append(context.get("exception") or context.get("message"))

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def sleep(self, seconds: float) -> "asyncio.Future[None]":
        """A future that is done then."""
        future = self.create_future()
        self.call_later(seconds, _wake, future)
        return future


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
