"""Putting finished stories into the manifest, as a task and at regular intervals."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prefect import task

from stories.batch.story import ShardProducer
from tasks import policies

_log = logging.getLogger(__name__)


@task(
    name="commit-parts",
    retries=policies.STORAGE_RETRIES,
    retry_delay_seconds=policies.STORAGE_RETRY_DELAYS_SECONDS,
    retry_condition_fn=policies.is_storage_trouble,
    cache_policy=policies.UNCACHED,
)
async def commit_parts(producer: ShardProducer) -> int:
    """Commit every story that is saved and not yet in the manifest; returns how many."""
    return await producer.commit()


@asynccontextmanager
async def committed_regularly(
    producer: ShardProducer, *, every_stories: int, every_seconds: float
) -> AsyncIterator[None]:
    """Commit whenever so many stories wait or one has waited for so many seconds, and all that is left at the end.

    Also at the end of a block that raises: then its error is raised, whatever becomes of the commit. A commit that
    fails ends the block at once, by cancelling it, and is raised in its place.
    """
    commits = asyncio.create_task(_commit_all(producer, every_stories, every_seconds))
    block = asyncio.current_task()
    if block is None:
        raise AssertionError("a coroutine runs in a task")
    inside, ended_by_commit = True, False

    def end_block(_failed: object) -> None:
        nonlocal ended_by_commit
        if inside:
            ended_by_commit = True
            block.cancel()

    commits.add_done_callback(end_block)  # without an error they are not done before `no_more_stories`
    try:
        yield
    except BaseException as error:
        inside = False
        producer.no_more_stories()
        (trouble,) = await asyncio.gather(commits, return_exceptions=True)
        if ended_by_commit:
            block.uncancel()
        if trouble is not None and ended_by_commit and isinstance(error, asyncio.CancelledError):
            raise trouble from None
        if trouble is not None:
            _log.warning("the last commit failed as well: %s", trouble)
        raise
    inside = False
    producer.no_more_stories()
    await commits


async def _commit_all(producer: ShardProducer, every_stories: int, every_seconds: float) -> None:
    while await producer.commit_due(every_stories=every_stories, every_seconds=every_seconds):
        await commit_parts(producer)
