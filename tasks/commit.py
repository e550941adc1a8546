"""Putting finished stories into the manifest, as a task and at regular intervals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prefect import task

from stories.production import StoryProducer
from tasks import policies


@task(
    name="commit-parts",
    retries=policies.STORAGE_RETRIES,
    retry_delay_seconds=policies.STORAGE_RETRY_DELAYS_SECONDS,
    retry_condition_fn=policies.is_storage_trouble,
    cache_policy=policies.UNCACHED,
)
async def commit_parts(producer: StoryProducer) -> int:
    """Commit every story that is saved and not yet in the manifest; returns how many."""
    return await producer.commit()


@asynccontextmanager
async def committed_regularly(
    producer: StoryProducer, *, every_stories: int, every_seconds: float
) -> AsyncIterator[None]:
    """Commit whenever so many stories wait or one has waited for so many seconds, and all that is left at the end."""
    commits = asyncio.create_task(_commit_all(producer, every_stories, every_seconds))
    try:
        yield
    finally:
        producer.no_more_stories()
        await commits


async def _commit_all(producer: StoryProducer, every_stories: int, every_seconds: float) -> None:
    while await producer.commit_due(every_stories=every_stories, every_seconds=every_seconds):
        await commit_parts(producer)
