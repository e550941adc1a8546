"""When stories are committed, and which error is raised when a commit, or what it stands beside, fails."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from stories.batch.run import StorySteps, committed_regularly
from stories.batch.story import ShardProducer
from stories.config import DatasetConfig
from stories.dataset.run_record import StoryOutcome
from stories.errors import SpoolUnusable, TargetUnusable
from tests.doubles.hand_made_run import a_story, opened
from tests.doubles.scripted_api import ScriptedApi

STORIES = tuple(a_story(name) for name in ("one", "two", "three"))

Block = Callable[[ShardProducer], Awaitable[None]]


def committed_with(directory: Path, block: Block, *, every_stories: int = 100) -> int:
    """Run the block beside the commits; how many commits the target has then."""

    config = DatasetConfig(commit_stories=every_stories, commit_seconds=3600)

    async def run() -> None:
        async with (
            ScriptedApi() as api,
            opened(api, directory, *STORIES) as producer,
            committed_regularly(producer, config, StorySteps()),
        ):
            await block(producer)

    asyncio.run(run())
    return commits(directory)


def commits(directory: Path) -> int:
    return len(list((directory / "target/_meta/commits").glob("*.json")))


async def produce(producer: ShardProducer, count: int) -> None:
    for story in STORIES[:count]:
        assert await producer.submit(story)
        assert await producer.poll(story)
        await producer.save(story)


async def until_completed(producer: ShardProducer, count: int) -> None:
    """A commit settles its stories; gives up after ten seconds."""
    for _ in range(200):
        if list(producer.progress.outcomes.values()).count(StoryOutcome.COMPLETED) == count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("no commit came")


def test_a_commit_comes_as_soon_as_enough_stories_wait_and_one_at_the_end(tmp_path: Path) -> None:
    async def block(producer: ShardProducer) -> None:
        await produce(producer, 2)
        await until_completed(producer, 2)
        assert commits(tmp_path) == 1
        await producer.submit(STORIES[2])
        await producer.poll(STORIES[2])
        await producer.save(STORIES[2])

    assert committed_with(tmp_path, block, every_stories=2) == 2


def test_what_is_saved_is_committed_also_when_the_block_fails_and_the_blocks_error_is_raised(tmp_path: Path) -> None:
    async def block(producer: ShardProducer) -> None:
        await produce(producer, 2)
        raise SpoolUnusable("the disk is full")

    with pytest.raises(SpoolUnusable, match="the disk is full"):
        committed_with(tmp_path, block)
    assert commits(tmp_path) == 1


def test_what_is_saved_is_committed_also_when_the_block_is_cancelled(tmp_path: Path) -> None:
    """What Ctrl-C does: the task of the flow is cancelled once."""

    async def block(producer: ShardProducer) -> None:
        await produce(producer, 1)
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        committed_with(tmp_path, block)
    assert commits(tmp_path) == 1


def test_a_last_commit_that_fails_too_does_not_hide_the_blocks_error(tmp_path: Path) -> None:
    async def block(producer: ShardProducer) -> None:
        await produce(producer, 1)
        (tmp_path / "target/manifest").write_text("in the way")
        raise SpoolUnusable("the disk is full")

    with pytest.raises(SpoolUnusable, match="the disk is full"):
        committed_with(tmp_path, block)


def test_a_commit_that_fails_ends_the_block_and_is_raised_in_its_place(tmp_path: Path) -> None:
    """The block would wait for ever: nothing but the commit's end ends it."""

    async def block(producer: ShardProducer) -> None:
        (tmp_path / "target/manifest").write_text("in the way")
        await produce(producer, 1)
        await asyncio.Event().wait()

    with pytest.raises(TargetUnusable):
        committed_with(tmp_path, block, every_stories=1)


def test_the_last_commit_that_fails_is_raised(tmp_path: Path) -> None:
    async def block(producer: ShardProducer) -> None:
        (tmp_path / "target/manifest").write_text("in the way")
        await produce(producer, 1)

    with pytest.raises(TargetUnusable):
        committed_with(tmp_path, block)
