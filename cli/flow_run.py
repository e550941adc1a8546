"""Running the produce-stories flow in this process: the one module of the command line that knows Prefect."""

import asyncio
from collections.abc import Callable

from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker

from configs.options import RunOptions
from flows.produce_stories import produce_stories
from stories.batch.progress import ShardProgress, progress_listener
from stories.dataset.run_record import RunSummary

_DRAIN_SECONDS = 10.0


def run_produce_stories(
    source: str, target: str, options: RunOptions, *, on_progress: Callable[[ShardProgress], None]
) -> RunSummary:
    """Run the flow to its end on the Prefect server that the environment named when this module was imported.

    `on_progress` is called on every change of a shard's tally. Raises what the flow raises; SIGTERM ends it as Ctrl-C
    does.
    """
    progress_listener.set(on_progress)
    try:
        return asyncio.run(produce_stories(source, target, options))
    except asyncio.CancelledError as exc:  # SIGTERM: to a person, the same as Ctrl-C
        raise KeyboardInterrupt from exc
    finally:
        _drain()


def _drain() -> None:
    """Have Prefect send what it still holds while there is a server to take it: it would complain of it at its end."""
    APILogWorker.drain_all(timeout=_DRAIN_SECONDS)
    EventsWorker.drain_all(timeout=_DRAIN_SECONDS)
