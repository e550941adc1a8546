"""The flow that a data team schedules: every storyboard of a source, once, as a dataset on a target."""

import random
import secrets
from datetime import datetime

from prefect import flow

from configs.loading import load_settings
from configs.options import RunOptions
from flows.access import terms_of_run
from flows.produce_shard import produce_shard
from flows.progress import show_run
from stories.batch.circuit_breaker import error_of
from stories.batch.plan import BatchRun
from stories.batch.report import RunSummary
from stories.clock import SystemClock
from tasks.gallery import build_gallery
from tasks.plan import plan
from tasks.publish import publish


@flow(name="produce-stories", flow_run_name="{target}")
async def produce_stories(source: str, target: str, options: RunOptions | None = None) -> RunSummary:
    """Produce what is left to do of `source` into the dataset at `target`; both are URLs that fsspec understands.

    A story that cannot be produced is counted, never raised. Raises, once all that was accepted is saved, what a person
    has to mend before another run can do better: a wrong key, a target that cannot be written, a service that refuses.
    """
    clock = SystemClock()
    started = clock.monotonic()
    settings = load_settings(options)
    terms = await terms_of_run(settings)
    batch = BatchRun(
        source=source,
        target=target,
        run_id=new_run_id(clock.now()),
        samples=settings.storyboards.samples,
        column=settings.storyboards.column,
        shard_stories=settings.dataset.shard_stories,
        retry_failed=options is not None and options.retry_failed,
    )
    jitter = random.Random()  # noqa: S311 - spreads waits, guards nothing
    planned = await plan(batch, terms, jitter)
    report = planned.outlook.settled
    for shard_key in planned.shards:
        report = report.plus(await produce_shard(target, shard_key, batch.run_id, options, report.carry))
    if planned.shards:
        report = await publish(batch, report, terms, jitter)
    gallery = await build_gallery(batch) if planned.shards else None
    summary = report.summary(batch.run_id, target, seconds=clock.monotonic() - started, gallery=gallery)
    await show_run(summary, report)
    if report.stop is not None:
        raise error_of(report.stop)
    return summary


def new_run_id(now: datetime) -> str:
    """Sortable by time, and unique: `20261123T221500Z-1a2b3c4d`."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
