"""Running the produce-stories flow in this process: the one module of the command line that knows Prefect."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack

from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_URL, temporary_settings

from cli.prefect_server import prefect_server_running
from configs.loading import load_settings
from configs.options import RunOptions
from stories.outcomes import RunSummary
from stories.tally import Tally, progress_listener

_DRAIN_SECONDS = 10.0


def run_produce_stories(
    source: str,
    target: str,
    options: RunOptions,
    *,
    on_progress: Callable[[Tally], None],
    on_step: Callable[[str], None],
) -> RunSummary:
    """Run the flow to its end on the Prefect server of this environment, or on one of our own.

    `on_progress` is called on every change of a shard's tally, `on_step` with what is begun before there is one. Raises
    what the flow raises.
    """
    with ExitStack() as stack:
        if PREFECT_API_URL.value() is None:
            on_step("starting a local Prefect server")
            directory = load_settings(options).state_directory / "prefect"
            url = stack.enter_context(prefect_server_running(directory))
            stack.enter_context(temporary_settings({PREFECT_API_URL: url}))
            stack.callback(_drain)
        on_step("planning")
        from flows.produce_stories import produce_stories

        progress_listener.set(on_progress)
        return asyncio.run(produce_stories(source, target, options))


def _drain() -> None:
    """Have Prefect send what it still holds while there is a server to take it: it would complain of it at its end."""
    APILogWorker.drain_all(timeout=_DRAIN_SECONDS)
    EventsWorker.drain_all(timeout=_DRAIN_SECONDS)
