"""Runs of the produce-stories flow in this process; only this module of the command line imports Prefect."""

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

    Calls `on_progress` on every change of a shard's progress. Raises the errors of the flow, and `KeyboardInterrupt` on
    SIGTERM.
    """
    progress_listener.set(on_progress)
    try:
        return asyncio.run(produce_stories(source, target, options))
    except asyncio.CancelledError as exc:  # SIGTERM, which ends a command as Ctrl-C does
        raise KeyboardInterrupt from exc
    finally:
        _drain()


def _drain() -> None:
    """Let Prefect send its buffered logs and events while the server still runs; otherwise it prints errors at exit."""
    APILogWorker.drain_all(timeout=_DRAIN_SECONDS)
    EventsWorker.drain_all(timeout=_DRAIN_SECONDS)
