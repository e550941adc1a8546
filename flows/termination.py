"""Orderly end of a run on SIGTERM, which process managers, and Prefect workers that cancel a run, send."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def cancelled_by_sigterm() -> AsyncIterator[None]:
    """Cancel the task that runs the block when the process receives SIGTERM, as Ctrl-C does.

    Prefect's own handler raises an exception at whatever line the program is executing. The exception passes through
    the event loop, which then cancels everything at once, submits in progress included. A cancelled task is unwound
    from the outermost block instead: no further story is sent, and the answer to a submit in progress is still received
    and recorded. Outside the main thread this changes nothing, because only the main thread may handle signals.
    """
    task = asyncio.current_task()
    if threading.current_thread() is not threading.main_thread() or task is None:
        yield
        return
    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, before)
