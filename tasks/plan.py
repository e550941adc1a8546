"""What is left to do, as a task."""

import random

from prefect import task

from stories.batch.plan import BatchRun, ShardedPlan, plan_shards
from stories.config import Terms
from tasks import policies


@task(
    name="plan",
    retries=policies.STORAGE_RETRIES,
    retry_delay_seconds=policies.STORAGE_RETRY_DELAYS_SECONDS,
    retry_condition_fn=policies.is_storage_trouble,
    cache_policy=policies.UNCACHED,
)
async def plan(batch: BatchRun, terms: Terms, jitter: random.Random) -> ShardedPlan:
    """Read the source, the manifest and the ledger, and write what is left to do as shards on the target."""
    return await plan_shards(batch, terms, jitter)
