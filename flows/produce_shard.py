"""The flow of one shard: it produces a slice of a run, on any machine."""

import random
from contextvars import ContextVar
from pathlib import PurePosixPath

from prefect import flow
from prefect.runtime import flow_run

from configs.options import RunOptions
from flows.limits import account_slots
from flows.progress import progress_shown
from flows.run_config import config_of_run
from flows.termination import cancelled_by_sigterm
from stories.batch.run import produce_stories
from stories.batch.run_state import RunState
from stories.batch.shard import open_shard
from stories.clock import SystemClock
from stories.dataset.run_record import RunReport
from tasks.story import STORY_TASKS

run_state: ContextVar[RunState | None] = ContextVar("run_state", default=None)
"""State of the run that calls the flow in this process. It is no parameter, because Prefect stores parameters."""


def shard_name() -> str:
    """Return the name of the flow run, which is the name of its shard, such as `shard-0001`."""
    return PurePosixPath(flow_run.get_parameters()["shard_key"]).stem


@flow(name="produce-shard", flow_run_name=shard_name)
async def produce_shard(target: str, shard_key: str, run_id: str, options: RunOptions | None = None) -> RunReport:
    """Produce every story of the shard at `shard_key` on the target; the report counts stories that failed."""
    config = await config_of_run(options)
    async with (
        cancelled_by_sigterm(),
        account_slots(config.pace),
        open_shard(
            config,
            run_state.get() or RunState(config, SystemClock()),
            target=target,
            shard_key=shard_key,
            run_id=run_id,
            flow_run_id=flow_run.get_id(),
            jitter=random.Random(),  # noqa: S311 - spreads waits, guards nothing
        ) as shard,
        progress_shown(shard.progress),
    ):
        return await produce_stories(shard, config.dataset, STORY_TASKS)
