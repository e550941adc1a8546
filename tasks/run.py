"""Tasks for the steps of a run outside its shards: plan, publish, gallery. Each may be repeated."""

import random

from prefect import task

from stories.batch.plan import BatchRun, ShardedPlan, plan_shards
from stories.batch.run import close_run
from stories.config import RunConfig
from stories.dataset.run_record import Money, RunReport
from stories.maintenance.gallery import build_galleries
from tasks import policies


@task(
    name="plan",
    retries=policies.STORAGE_RETRIES,
    retry_delay_seconds=policies.STORAGE_RETRY_DELAYS_SECONDS,
    retry_condition_fn=policies.is_storage_trouble,
    cache_policy=policies.UNCACHED,
)
async def plan(run: BatchRun, config: RunConfig, jitter: random.Random) -> ShardedPlan:
    """Read the source, the manifest and the ledger, and write the remaining stories as shards on the target."""
    return await plan_shards(run, config, jitter)


@task(
    name="publish",
    retries=policies.STORAGE_RETRIES,
    retry_delay_seconds=policies.STORAGE_RETRY_DELAYS_SECONDS,
    retry_condition_fn=policies.is_storage_trouble,
    cache_policy=policies.UNCACHED,
)
async def publish(
    run: BatchRun, report: RunReport, money: Money, config: RunConfig, jitter: random.Random
) -> RunReport:
    """Publish the dataset up to its last commit, and close the run record."""
    return await close_run(run, report, money, config, jitter)


@task(
    name="build-gallery",
    retries=policies.STORAGE_RETRIES,
    retry_delay_seconds=policies.STORAGE_RETRY_DELAYS_SECONDS,
    retry_condition_fn=policies.is_storage_trouble,
    cache_policy=policies.UNCACHED,
)
async def build_gallery(run: BatchRun) -> str:
    """Build the gallery of a closed run on the target, and return the address of its first page."""
    (address,) = await build_galleries(run.target, run.run_id)
    return address
