"""A run as the flows make it, without Prefect: plan, each story's steps with retries, commits, the end."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from stories.api.wire import ImageFormat
from stories.batch.plan import BatchRun, Outlook, plan_shards
from stories.batch.report import RunReport
from stories.batch.run import close_batch
from stories.batch.shard import open_shard
from stories.batch.story import ShardProducer
from stories.config import Terms
from stories.errors import TransientError
from stories.ledger.doubt_policy import ReconcileTerms
from stories.storyboards.story import Story
from tests.doubles.scripted_api import KEY

Result = TypeVar("Result")
COMMIT_STORIES = 3


def terms_for(url: str, state_directory: Path, **changes: object) -> Terms:
    """Terms that wait for nothing longer than a test may."""
    usual: dict[str, object] = {
        "api_url": url,
        "api_key": SecretStr(KEY),
        "send_idempotency_key": True,
        "image_hosts": (),
        "formats": (ImageFormat.PNG,),
        "references": True,
        "downloads": 8,
        "in_flight": 8,
        "submits_per_second": 100.0,
        "max_cost_eur": Decimal(100),
        "max_cost_eur_total": None,
        "price_per_image_eur": None,
        "doubts": ReconcileTerms(),
        "poll_window_seconds": 30.0,
        "poll_interval_seconds": 0.05,
        "poll_deadline_seconds": 60.0,
        "lost_after_seconds": 20.0,
        "commit_stories": COMMIT_STORIES,
        "commit_seconds": 60.0,
        "state_directory": state_directory,
    }
    return Terms(**{**usual, **changes})  # type: ignore[arg-type] # named one by one above


async def produce(producer: ShardProducer, *, retries: int = 3) -> RunReport:
    """Take every story of the producer through its steps, and commit them."""
    commits = asyncio.create_task(_commit(producer))
    try:
        async with asyncio.TaskGroup() as steps:
            for story in producer.stories:
                steps.create_task(_produce_story(producer, story, retries))
    finally:
        producer.no_more_stories()
        await commits
    return producer.report()


async def run(batch: BatchRun, terms: Terms) -> tuple[Outlook, RunReport]:
    """What the run found before it, and what it came to."""
    jitter = random.Random(7)  # noqa: S311 - jitter that repeats
    planned = await plan_shards(batch, terms, jitter)
    report = planned.outlook.settled
    for shard_key in planned.shards:
        async with open_shard(
            terms,
            target=batch.target,
            shard_key=shard_key,
            run_id=batch.run_id,
            flow_run_id=None,
            jitter=jitter,
            carry=report.carry,
        ) as producer:
            report = report.plus(await produce(producer))
    if planned.shards:
        report = await close_batch(batch, report, terms, jitter)
    return planned.outlook, report


async def _produce_story(producer: ShardProducer, story: Story, retries: int) -> None:
    with producer.troubles_recorded(story):
        async with producer.slot():
            completed = await producer.submit(story) and await _repeated(lambda: producer.poll(story), retries)
        if completed:
            await _repeated(lambda: producer.save(story), retries)


async def _repeated(step: Callable[[], Awaitable[Result]], retries: int) -> Result:
    """As the task runner repeats a step: on transient errors, and not for ever."""
    for _ in range(retries):
        try:
            return await step()
        except TransientError:
            continue
    return await step()


async def _commit(producer: ShardProducer) -> None:
    while await producer.commit_due(every_stories=COMMIT_STORIES, every_seconds=60):
        await producer.commit()
