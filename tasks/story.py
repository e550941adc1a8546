"""Tasks for the steps of a shard: at most three task runs per story, each awaited directly."""

from prefect import task

from stories.batch.run import StorySteps
from stories.batch.story import ShardProducer
from stories.storyboards.story import Story
from tasks import policies


@task(
    name="submit-story",
    task_run_name="submit {story.label}",
    retries=policies.SUBMIT_RETRIES,
    cache_policy=policies.UNCACHED,
)
async def submit_story(shard: ShardProducer, story: Story) -> bool:
    """Send the story if the ledger allows it, and return True if the story has a job to poll."""
    return await shard.submit(story)


@task(
    name="poll-story",
    task_run_name="poll {story.label}",
    retries=policies.POLL_RETRIES,
    retry_delay_seconds=policies.POLL_RETRY_DELAY_SECONDS,
    retry_jitter_factor=policies.POLL_RETRY_JITTER,
    retry_condition_fn=policies.is_transient,
    cache_policy=policies.UNCACHED,
)
async def poll_story(shard: ShardProducer, story: Story) -> bool:
    """Poll for one window, and return True if the job's story can be saved.

    Raises `StillRunning`, which Prefect retries, until the job ends.
    """
    return await shard.poll(story)


@task(
    name="save-story",
    task_run_name="save {story.label}",
    retries=policies.SAVE_RETRIES,
    retry_delay_seconds=policies.SAVE_RETRY_DELAYS_SECONDS,
    retry_condition_fn=policies.is_transient,
    cache_policy=policies.UNCACHED,
)
async def save_story(shard: ShardProducer, story: Story) -> None:
    """Fetch, verify and write every image of the story, then its sidecar."""
    await shard.save(story)


@task(
    name="commit-parts",
    retries=policies.STORAGE_RETRIES,
    retry_delay_seconds=policies.STORAGE_RETRY_DELAYS_SECONDS,
    retry_condition_fn=policies.is_storage_trouble,
    cache_policy=policies.UNCACHED,
)
async def commit_parts(shard: ShardProducer) -> int:
    """Commit every saved story that is not in the manifest yet, and return their number."""
    return await shard.commit()


STORY_TASKS = StorySteps(submit=submit_story, poll=poll_story, save=save_story, commit=commit_parts)
"""The steps that the flow of a shard passes to `stories.batch.run.produce_stories`."""
