"""The steps of a story as Prefect runs them: what is tried again, and that no poll is answered from a cache."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from prefect import flow
from prefect.settings import PREFECT_RESULTS_PERSIST_BY_DEFAULT, temporary_settings

from stories.batch.story import ShardProducer
from stories.errors import TargetUnusable
from stories.storyboards.story import Story
from tasks.story import poll_story, save_story, submit_story
from tests.doubles.hand_made_run import a_story, opened
from tests.doubles.scripted_api import Answer, ScriptedApi
from tests.doubles.scripted_server import raw_answer

pytestmark = [
    pytest.mark.usefixtures("prefect"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"),
]

ONE = a_story()


@dataclass
class Steps:
    """What the steps came to, and what the service saw of them."""

    completed: bool = False
    polls: int = 0
    posts: int = 0


@dataclass
class ChangingJob:
    """In a producer's place: a job that is completed when it is polled for the second time."""

    polls: int = 0

    async def poll(self, _story: Story) -> bool:
        self.polls += 1
        return self.polls > 1


async def take(story: Story, directory: Path, *, pending_polls: int = 0, on_submit: Answer = b"") -> Steps:
    """Submit, poll, save; the service calls the job pending for so many polls."""
    steps = Steps()
    async with ScriptedApi() as api:
        api.on_poll = lambda job_id, number: (
            {"job_id": job_id, "status": "processing"} if number < pending_polls else api.completed(job_id)
        )
        if on_submit:
            api.on_submit = lambda _number: on_submit
        async with opened(api, directory, story) as producer:
            if await submit_story(producer, story):
                steps.completed = await poll_story(producer, story)
                await save_story(producer, story)
        steps.polls, steps.posts = sum(last + 1 for last in api.polls.values()), api.posts
    return steps


def test_two_polls_give_two_answers_also_when_results_are_kept() -> None:
    """A cache would give yesterday's status: the arguments are the same."""
    job = cast("ShardProducer", ChangingJob())

    @flow
    async def polls_twice() -> list[bool]:
        return [await poll_story(job, ONE), await poll_story(job, ONE)]

    with temporary_settings({PREFECT_RESULTS_PERSIST_BY_DEFAULT: True}):
        assert asyncio.run(polls_twice()) == [False, True]


def test_a_story_that_outlasts_a_window_is_polled_in_the_next_one(tmp_path: Path) -> None:
    """The run's clock jumps from poll to poll, so that windows end after a few of them."""

    @flow
    async def polls_on() -> Steps:
        return await take(ONE, tmp_path, pending_polls=25)

    assert asyncio.run(polls_on()) == Steps(completed=True, polls=26, posts=1)


def test_a_submit_that_was_refused_is_not_repeated(tmp_path: Path) -> None:
    refused = raw_answer(422, {"error": "validation_error", "message": "no"})

    @flow
    async def submits() -> Steps:
        return await take(ONE, tmp_path, on_submit=refused)

    assert asyncio.run(submits()).posts == 1


def test_a_target_that_is_gone_for_good_is_told_at_once(tmp_path: Path) -> None:
    """No retries: they would wait for two minutes."""

    @flow
    async def saves() -> Steps:
        (tmp_path / "target").mkdir()
        (tmp_path / "target/images").write_text("in the way")
        return await take(ONE, tmp_path)

    with pytest.raises(TargetUnusable):
        asyncio.run(saves())
