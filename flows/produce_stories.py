"""The flow of a run: it produces every storyboard of a source, once, into the dataset on a target."""

import random
import secrets
from datetime import datetime

from prefect import flow

from configs.options import RunOptions
from flows.produce_shard import produce_shard, run_state
from flows.progress import show_run
from flows.run_config import config_of_run
from stories.batch.circuit_breaker import error_of
from stories.batch.plan import BatchRun
from stories.batch.run import RunSteps, produce_batch
from stories.batch.run_state import RunState
from stories.clock import SystemClock
from stories.config import RunConfig
from stories.dataset.run_record import RunReport, RunSummary
from tasks.run import build_gallery, plan, publish


@flow(name="produce-stories", flow_run_name="{target}")
async def produce_stories(source: str, target: str, options: RunOptions | None = None) -> RunSummary:
    """Produce the remaining stories of `source` into the dataset at `target`; both are URLs that fsspec understands.

    A story that cannot be produced is counted in the summary and raises nothing. An error that a person has to correct
    before another run can succeed (a wrong key, a target that cannot be written, a service that refuses) is raised
    after all accepted stories are saved.
    """
    clock = SystemClock()
    started = clock.monotonic()
    config = await config_of_run(options)
    retry_failed = options is not None and options.retry_failed
    run = BatchRun(source, target, new_run_id(clock.now()), retry_failed=retry_failed)
    jitter = random.Random()  # noqa: S311 - spreads waits, guards nothing

    async def produce(
        run: BatchRun, shard_key: str, state: RunState, _config: RunConfig, _jitter: random.Random
    ) -> RunReport:
        """Produce the shard in its own flow run, which shares the state of this run."""
        run_state.set(state)
        return await produce_shard(run.target, shard_key, run.run_id, options)

    steps = RunSteps(plan=plan, produce=produce, close=publish)
    finished = await produce_batch(run, config, steps, clock=clock, jitter=jitter)
    gallery = await build_gallery(run) if finished.has_worked else None
    seconds = clock.monotonic() - started
    summary = RunSummary.of(finished.report, run.run_id, target, seconds=seconds, gallery=gallery)
    await show_run(summary)
    if finished.report.stop is not None:
        raise error_of(finished.report.stop)
    return summary


def new_run_id(now: datetime) -> str:
    """Return an id that sorts by time and is unique: `20261123T221500Z-1a2b3c4d`."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
