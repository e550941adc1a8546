"""Building the gallery of a run, as a task."""

from prefect import task

from stories.batch.plan import BatchRun
from stories.maintenance.gallery import build_galleries
from tasks import policies


@task(
    name="build-gallery",
    retries=policies.STORAGE_RETRIES,
    retry_delay_seconds=policies.STORAGE_RETRY_DELAYS_SECONDS,
    retry_condition_fn=policies.is_storage_trouble,
    cache_policy=policies.UNCACHED,
)
async def build_gallery(batch: BatchRun) -> str:
    """Build the run's gallery on the target, once the run is closed; returns where its first page is."""
    (address,) = await build_galleries(batch.target, batch.run_id)
    return address
