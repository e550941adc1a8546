"""Whole runs by the loop that ships, with plain functions as its steps."""

import random
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TypeVar

from stories.api.session import USUAL_TIMEOUTS, ApiTimeouts, open_session
from stories.api.wire import ImageFormat
from stories.batch.plan import BatchRun, Forecast
from stories.batch.run import RunSteps, StorySteps, produce_batch, produce_stories
from stories.batch.run_state import RunState
from stories.batch.shard import SessionOpener, open_shard
from stories.batch.story import ShardProducer
from stories.clock import SystemClock
from stories.config import SECTIONS, DatasetConfig, RunConfig
from stories.dataset.run_record import RunReport
from stories.errors import TransientError
from stories.target import OpenDataset
from tests.doubles.scripted_api import KEY

Result = TypeVar("Result")
COMMIT_STORIES = 3


def config_for(url: str, state_directory: Path, **changes: object) -> RunConfig:
    """Return a config that waits for nothing longer than a test may.

    `changes` are settings by their name, or by section and name: `in_flight`, `poll_deadline_seconds`, `api_key`.
    """
    usual: dict[str, object] = {
        "api_url": url,
        "api_key": KEY,
        "images_hosts": (),
        "formats": (ImageFormat.PNG,),
        "in_flight": 8,
        "submits_per_second": 100.0,
        "max_cost_eur": Decimal(100),
        "poll_window_seconds": 30.0,
        "poll_interval_seconds": 0.05,
        "poll_deadline_seconds": 60.0,
        "lost_after_seconds": 20.0,
        "commit_stories": COMMIT_STORIES,
        "commit_seconds": 60.0,
    }
    sections: dict[str, dict[str, object]] = {}
    for name, value in {**usual, **changes}.items():
        section, setting = _setting(name)
        sections.setdefault(section, {})[setting] = value
    return RunConfig.model_validate({**sections, "state_directory": state_directory})


def _setting(name: str) -> tuple[str, str]:
    section, _, setting = name.partition("_")
    if section in SECTIONS and setting in SECTIONS[section].model_fields:
        return section, setting
    (found,) = (each for each, settings in SECTIONS.items() if name in settings.model_fields)
    return found, name


def repeated(step: Callable[..., Awaitable[Result]], retries: int = 3) -> Callable[..., Awaitable[Result]]:
    """Return the step as a task runner repeats it: on transient errors, and not for ever."""

    async def step_with_retries(*arguments: object) -> Result:
        for _ in range(retries):
            try:
                return await step(*arguments)
            except TransientError:
                continue
        return await step(*arguments)

    return step_with_retries


def repeating_steps(retries: int = 3) -> StorySteps:
    """Return the steps of a story, poll and save repeated as Prefect repeats them."""
    return StorySteps(poll=repeated(ShardProducer.poll, retries), save=repeated(ShardProducer.save, retries))


async def produce(shard: ShardProducer, *, retries: int = 3) -> RunReport:
    """Take every story of the shard through its steps, and commit them."""
    commits = DatasetConfig(commit_stories=COMMIT_STORIES)
    return await produce_stories(shard, commits, repeating_steps(retries))


def opener_with(timeouts: ApiTimeouts) -> SessionOpener:
    """Return an opener of sessions with the real service that gives up after these times."""

    def opener(config: RunConfig, dataset: OpenDataset, state: RunState, jitter: random.Random):  # noqa: ANN202
        slow_down = state.slots.slow_down
        return open_session(
            config, dataset.clock, jitter, timeouts=timeouts, on_rate_limited=lambda _seconds: slow_down()
        )

    return opener


async def run(
    run: BatchRun, config: RunConfig, *, timeouts: ApiTimeouts = USUAL_TIMEOUTS
) -> tuple[Forecast, RunReport]:
    """Run the batch to its end; return its forecast and its report."""
    steps = RunSteps(produce=partial(_produce_shard, opener_with(timeouts)))
    jitter = random.Random(7)  # noqa: S311 - jitter that repeats
    finished = await produce_batch(run, config, steps, clock=SystemClock(), jitter=jitter)
    return finished.forecast, finished.report


async def _produce_shard(
    opener: SessionOpener, run: BatchRun, key: str, state: RunState, config: RunConfig, jitter: random.Random
) -> RunReport:
    async with open_shard(
        config,
        state,
        target=run.target,
        shard_key=key,
        run_id=run.run_id,
        flow_run_id=None,
        jitter=jitter,
        opener=opener,
    ) as shard:
        return await produce_stories(shard, config.dataset, repeating_steps())
