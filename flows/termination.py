"""SIGTERM, as a process manager or a Prefect worker that cancels a run sends it: an orderly end, as of Ctrl-C."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def cancelled_by_sigterm() -> AsyncIterator[None]:
    """Have SIGTERM cancel the task that runs this block.

    Prefect's own handler raises an exception wherever the program happens to be, and the event loop that it passes
    through cancels all that is under way at once, a submit among it. A cancelled task is unwound from its outside: no
    story is sent any more, while a submit under way is heard and recorded. Outside of the main thread, which alone may
    handle signals, nothing is changed.
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
