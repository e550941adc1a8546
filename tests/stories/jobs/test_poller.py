import random
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest

from stories.api.poll import PollClient
from stories.api.wire import StoryResult
from stories.errors import ConnectionLost, ServiceUnavailable, StillRunning, UnexpectedAnswer
from stories.jobs.poller import JobEnd, JobPoller, LearnedDuration, PollPolicy
from stories.strict_json import JsonObject
from tests.doubles.hand_clock import HandClock
from tests.doubles.scripted_api import Answer, ScriptedApi
from tests.doubles.scripted_server import raw_answer

WINDOW_SECONDS, DEADLINE_SECONDS, LOST_SECONDS = 60.0, 300.0, 120.0
POLICY = PollPolicy(
    window_seconds=WINDOW_SECONDS,
    interval_seconds=3.0,
    deadline_seconds=DEADLINE_SECONDS,
    lost_after_seconds=LOST_SECONDS,
)
PROCESSING: JsonObject = {"job_id": "job-1", "status": "processing"}
NOT_FOUND = raw_answer(404, {"error": "not_found", "message": "no such job"})

NewPoller = Callable[..., JobPoller]


@pytest.fixture
def new_watch(api: ScriptedApi, polls: PollClient, clock: HandClock, jitter: random.Random) -> NewPoller:
    api.jobs["job-1"] = {"scenes": [{"prompt": "one"}, {"prompt": "two"}]}

    def poller(*, sent_now: bool = True, duration: LearnedDuration | None = None) -> JobPoller:
        return JobPoller(
            "job-1",
            polls,
            policy=POLICY,
            duration=duration or LearnedDuration(),
            sent_now=sent_now,
            clock=clock,
            jitter=jitter,
        )

    return poller


def say(api: ScriptedApi, *answers: Answer) -> None:
    """Answer one poll after the other, the last answer again and again."""
    api.on_poll = lambda _job_id, number: answers[min(number, len(answers) - 1)]


def nobody(_: StoryResult) -> None:
    """For tests that look at no partial result."""


async def watched(poller: JobPoller, windows: int = 20) -> JobEnd:
    for _ in range(windows):
        with suppress(StillRunning):
            return await poller.window(nobody)
    raise AssertionError("the watch does not end")


async def test_a_completed_job_gives_its_result_and_how_it_came(
    api: ScriptedApi, new_watch: NewPoller, clock: HandClock
) -> None:
    say(api, PROCESSING, PROCESSING, api.completed("job-1"))
    poller = new_watch()
    assert await poller.window(nobody) is JobEnd.COMPLETED
    assert poller.completion is not None
    assert len(poller.completion.result.scenes) == 2
    assert poller.completion.poll_count == 3
    assert poller.completion.generate_seconds == pytest.approx(clock.monotonic())
    assert poller.completion.at == clock.now()


async def test_how_long_a_job_of_an_earlier_run_took_is_not_known(api: ScriptedApi, new_watch: NewPoller) -> None:
    say(api, api.completed("job-1"))
    poller = new_watch(sent_now=False)
    await poller.window(nobody)
    assert poller.completion is not None
    assert poller.completion.generate_seconds is None


async def test_a_failed_job_has_failed(api: ScriptedApi, new_watch: NewPoller) -> None:
    say(api, {"job_id": "job-1", "status": "failed", "error": "internal", "message": "out of paint"})
    poller = new_watch()
    assert await poller.window(nobody) is JobEnd.FAILED
    assert poller.answer is not None
    assert poller.answer.answer.message == "out of paint"


async def test_at_the_windows_end_the_job_is_still_running(
    api: ScriptedApi, new_watch: NewPoller, clock: HandClock
) -> None:
    say(api, PROCESSING)
    poller = new_watch()
    with pytest.raises(StillRunning) as raised:
        await poller.window(nobody)
    assert raised.value.job_id == "job-1"
    assert clock.monotonic() == pytest.approx(WINDOW_SECONDS)
    assert WINDOW_SECONDS / 3 / 1.2 <= poller.poll_count <= WINDOW_SECONDS / 3 / 0.8 + 10


async def test_the_deadline_counts_over_all_windows_and_never_means_failed(
    api: ScriptedApi, new_watch: NewPoller, clock: HandClock
) -> None:
    say(api, PROCESSING)
    assert await watched(new_watch()) is JobEnd.PAST_DEADLINE
    assert clock.monotonic() == pytest.approx(DEADLINE_SECONDS)


async def test_a_deadline_ends_the_wait_also_when_the_service_is_away(
    api: ScriptedApi, new_watch: NewPoller, clock: HandClock
) -> None:
    say(api, PROCESSING, raw_answer(503, b"<html>"))
    poller = new_watch()
    with pytest.raises(ServiceUnavailable):
        await poller.window(nobody)
    clock.advance(DEADLINE_SECONDS)
    assert await poller.window(nobody) is JobEnd.PAST_DEADLINE


@pytest.mark.parametrize(
    "answers",
    [
        ({"job_id": "job-1", "status": "enchanted"},),
        ({"job_id": "job-1", "status": "processing"}, {"job_id": "job-1", "status": "pending"}),
        ({"id": "job-1", "status": "Processing", "result": None},),
    ],
    ids=["unknown-status", "back-to-pending", "other-spelling"],
)
async def test_what_is_no_end_keeps_the_poll_going(
    api: ScriptedApi, new_watch: NewPoller, answers: Sequence[JsonObject]
) -> None:
    say(api, *answers, *answers, api.completed("job-1"))
    assert await watched(new_watch()) is JobEnd.COMPLETED


async def test_a_job_that_is_unknown_for_long_is_lost(api: ScriptedApi, new_watch: NewPoller, clock: HandClock) -> None:
    say(api, PROCESSING, NOT_FOUND)
    assert await watched(new_watch()) is JobEnd.LOST
    assert LOST_SECONDS <= clock.monotonic() <= LOST_SECONDS + 10


async def test_a_job_that_is_unknown_for_a_moment_now_and_then_is_not(
    api: ScriptedApi, new_watch: NewPoller, clock: HandClock
) -> None:
    say(api, *[NOT_FOUND] * 30, PROCESSING, *[NOT_FOUND] * 30, api.completed("job-1"))
    assert await watched(new_watch()) is JobEnd.COMPLETED
    assert clock.monotonic() > LOST_SECONDS, "in all it was unknown for longer"


@pytest.mark.parametrize(
    "result", [None, {}, {"scenes": []}, {"scenes": None}, "nothing"], ids=["null", "empty", "none", "no-list", "text"]
)
async def test_a_completed_job_without_scenes_is_asked_three_times(
    api: ScriptedApi, new_watch: NewPoller, result: object
) -> None:
    say(api, {"job_id": "job-1", "status": "completed", "result": result})  # type: ignore[dict-item] # JSON by construction
    poller = new_watch()
    assert await watched(poller) is JobEnd.RESULT_MISSING
    assert poller.poll_count == 3


async def test_a_result_that_is_late_by_one_poll_counts(api: ScriptedApi, new_watch: NewPoller) -> None:
    say(api, {"job_id": "job-1", "status": "completed"}, api.completed("job-1"))
    assert await watched(new_watch()) is JobEnd.COMPLETED


async def test_scenes_that_finish_before_the_rest_are_shown(api: ScriptedApi, new_watch: NewPoller) -> None:
    seen: list[int] = []
    partial: JsonObject = {**PROCESSING, "result": {"scenes": [api.scene("job-1", 0)]}}
    say(api, PROCESSING, partial, partial, api.completed("job-1"))
    await new_watch().window(lambda result: seen.append(len(result.scenes)))
    assert seen == [1, 1]


async def test_the_first_poll_comes_when_stories_of_this_run_complete(
    api: ScriptedApi, new_watch: NewPoller, clock: HandClock
) -> None:
    typical = LearnedDuration()
    typical.learn(40.0)
    say(api, api.completed("job-1"))
    poller = new_watch(duration=typical)
    await poller.window(nobody)
    assert clock.sleeps == [32.0]
    assert typical.first_wait_seconds < 32.0, "it learns that this one was sooner"


async def test_a_typical_duration_beyond_the_window_waits_for_the_window_and_no_longer(
    api: ScriptedApi, new_watch: NewPoller, clock: HandClock
) -> None:
    typical = LearnedDuration()
    typical.learn(1000.0)
    say(api, api.completed("job-1"))
    assert await new_watch(duration=typical).window(nobody) is JobEnd.COMPLETED
    assert clock.monotonic() == WINDOW_SECONDS


async def test_a_job_of_an_earlier_run_is_polled_at_once_and_teaches_nothing(
    api: ScriptedApi, new_watch: NewPoller, clock: HandClock
) -> None:
    typical = LearnedDuration()
    typical.learn(40.0)
    say(api, api.completed("job-1"))
    clock.advance(5)
    await new_watch(sent_now=False, duration=typical).window(nobody)
    assert clock.monotonic() == 5
    assert typical.first_wait_seconds == 32.0


@pytest.mark.parametrize(
    ("answer", "error"), [(None, ConnectionLost), (b"HTTP/1.1 200 X\r\nContent-Length: 3\r\n\r\nhey", UnexpectedAnswer)]
)
async def test_trouble_that_outlasts_the_transports_retries_is_raised_and_the_next_window_goes_on(
    api: ScriptedApi, new_watch: NewPoller, answer: Answer, error: type[Exception]
) -> None:
    say(api, *[answer] * 5, api.completed("job-1"))
    poller = new_watch()
    with pytest.raises(error):
        await poller.window(nobody)
    assert await poller.window(nobody) is JobEnd.COMPLETED


async def test_a_fresh_result_is_no_poll_and_changes_nothing_that_is_known(
    api: ScriptedApi, new_watch: NewPoller
) -> None:
    say(api, api.completed("job-1"), api.completed("job-1", "second", cost_eur=None), PROCESSING)
    poller = new_watch()
    await poller.window(nobody)
    known, completion = poller.answer, poller.completion
    fresh = await poller.fresh_result()
    assert fresh.scenes[0] is not None
    assert all(url.endswith("sig=second") for url in fresh.scenes[0].images.values())
    with pytest.raises(StillRunning):
        await poller.fresh_result()
    assert (poller.answer, poller.completion, poller.poll_count) == (known, completion, 1)
