"""The flow of one shard: a slice of a run, on whatever machine it lands."""

import asyncio

from prefect import flow
from prefect.runtime import flow_run

from configs.options import RunOptions
from flows.access import terms_of_run
from flows.limits import account_slots
from flows.progress import progress_shown
from stories.outcomes import ProductionReport
from stories.production import StoryProducer
from stories.staffing import open_producer
from stories.storyboards.story import Story
from tasks.commit import committed_regularly
from tasks.story import poll_story, save_story, submit_story


@flow(name="produce-shard", flow_run_name="{shard_key}")
async def produce_shard(
    target: str, shard_key: str, run_id: str, options: RunOptions | None = None
) -> ProductionReport:
    """Produce every story of the shard at `shard_key` on the target; trouble of a story is part of the report."""
    terms = await terms_of_run(options)
    async with (
        account_slots(options),
        open_producer(
            terms, target=target, shard_key=shard_key, run_id=run_id, flow_run_id=flow_run.get_id()
        ) as producer,
        progress_shown(producer.tally),
        committed_regularly(producer, every_stories=terms.commit_stories, every_seconds=terms.commit_seconds),
        asyncio.TaskGroup() as stories,
    ):
        for story in producer.stories:
            stories.create_task(produce_story(producer, story))
    return producer.report()


async def produce_story(producer: StoryProducer, story: Story) -> None:
    """Take one story through its steps. A slot is held while it is at the service, not while it is saved."""
    with producer.troubles_recorded(story):
        async with producer.slot():
            completed = await submit_story(producer, story) and await poll_story(producer, story)
        if completed:
            await save_story(producer, story)
