"""The flow of one shard: a slice of a run, on whatever machine it lands."""

import asyncio
import random
from pathlib import PurePosixPath

from prefect import flow
from prefect.runtime import flow_run

from configs.loading import load_settings
from configs.options import RunOptions
from flows.access import terms_of_run
from flows.limits import account_slots
from flows.progress import progress_shown
from flows.termination import cancelled_by_sigterm
from stories.batch.report import Carry, RunReport
from stories.batch.shard import open_shard
from stories.batch.story import ShardProducer
from stories.storyboards.story import Story
from tasks.commit import committed_regularly
from tasks.story import poll_story, save_story, submit_story


def shard_name() -> str:
    """The name of the flow run: that of its shard, such as `shard-0001`."""
    return PurePosixPath(flow_run.get_parameters()["shard_key"]).stem


@flow(name="produce-shard", flow_run_name=shard_name)
async def produce_shard(
    target: str, shard_key: str, run_id: str, options: RunOptions | None = None, carry: Carry | None = None
) -> RunReport:
    """Produce every story of the shard at `shard_key` on the target; trouble of a story is part of the report.

    `carry` is of the shards before it in the same run: their cost counts under the one cap.
    """
    settings = load_settings(options)
    terms = await terms_of_run(settings)
    async with (
        cancelled_by_sigterm(),
        account_slots(settings.pace),
        open_shard(
            terms,
            target=target,
            shard_key=shard_key,
            run_id=run_id,
            flow_run_id=flow_run.get_id(),
            jitter=random.Random(),  # noqa: S311 - spreads waits, guards nothing
            carry=carry or Carry(),
        ) as producer,
        progress_shown(producer.progress),
        committed_regularly(producer, every_stories=terms.commit_stories, every_seconds=terms.commit_seconds),
    ):
        await produce_all(producer)
    return producer.report()


async def produce_all(producer: ShardProducer) -> None:
    """Take every story through its steps, as many at once as there are slots.

    The first error that is not the trouble of one story ends the others and is raised as it is: a person is to read one
    message, not a group of them.
    """
    try:
        async with asyncio.TaskGroup() as stories:
            for story in producer.stories:
                stories.create_task(produce_story(producer, story))
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


async def produce_story(producer: ShardProducer, story: Story) -> None:
    """Take one story through its steps. A slot is held while it is at the service, not while it is saved."""
    with producer.troubles_recorded(story):
        async with producer.slot():
            completed = await submit_story(producer, story) and await poll_story(producer, story)
        if completed:
            await save_story(producer, story)
