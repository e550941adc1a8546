"""Bringing `metadata.parquet`, the card and the receipt up to date, as a task."""

import random

from prefect import task

from stories.batch.plan import BatchRun
from stories.batch.report import RunReport
from stories.batch.run import close_batch
from stories.config import Terms
from tasks import policies


@task(
    name="publish",
    retries=policies.STORAGE_RETRIES,
    retry_delay_seconds=policies.STORAGE_RETRY_DELAYS_SECONDS,
    retry_condition_fn=policies.is_storage_trouble,
    cache_policy=policies.UNCACHED,
)
async def publish(batch: BatchRun, report: RunReport, terms: Terms, jitter: random.Random) -> RunReport:
    """Publish the dataset as it is committed now, and write what the run came to."""
    return await close_batch(batch, report, terms, jitter)
