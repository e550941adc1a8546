import asyncio
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stories.dataset.run_record import RunReport, StoryOutcome
from stories.errors import TargetUnusable
from stories.strict_json import JsonObject, sha256_hex
from tests.doubles.hand_made_run import a_story, opened, run_of, run_with_money
from tests.doubles.scripted_api import Answer, ScriptedApi
from tests.doubles.scripted_server import raw_answer
from tests.doubles.whole_runs import produce

FAILED: JsonObject = {"status": "failed", "error": "internal", "message": "out of paint"}
PROCESSING: JsonObject = {"status": "processing"}
COMPLETED_WITHOUT_RESULT: JsonObject = {"status": "completed"}
NOT_FOUND = raw_answer(404, {"error": "not_found", "message": "no such job"})
RESET = None

PRICE_EUR = Decimal("0.30")

ONE = a_story("one")


def outcome_of(report: RunReport) -> StoryOutcome:
    """The outcome of the only story."""
    counts = report.counts
    named = [outcome for outcome in StoryOutcome for _ in range(getattr(counts, outcome.value))]
    assert len(named) == counts.stories == 1
    return named[0]


def committed(directory: Path) -> list[str]:
    """The stories of the commit log, one by one."""
    commits = [json.loads(path.read_bytes()) for path in (directory / "target/_meta/commits").glob("*.json")]
    return [story_id for commit in commits for ids in commit["story_ids"].values() for story_id in ids]


def refuse(status: int, code: str) -> Answer:
    return raw_answer(status, {"error": code, "message": f"told {status}"})


async def test_a_story_is_submitted_polled_saved_and_committed(api: ScriptedApi, tmp_path: Path) -> None:
    report, money = await run_with_money(api, tmp_path, ONE)
    assert outcome_of(report) is StoryOutcome.COMPLETED
    assert (report.images, report.cost_eur, report.troubles, report.stop) == (3, Decimal("0.40"), (), None)
    assert money.bound_eur == Decimal("0.40")
    assert committed(tmp_path) == [ONE.story_id]
    assert api.posts == 1


@pytest.mark.parametrize(
    ("on_poll", "outcome", "reason"),
    [
        (lambda *_: FAILED, StoryOutcome.FAILED, "failed_at_service"),
        (lambda *_: PROCESSING, StoryOutcome.IN_FLIGHT, "past_deadline"),
        (lambda *_: NOT_FOUND, StoryOutcome.HELD, "job_lost"),
        (lambda *_: COMPLETED_WITHOUT_RESULT, StoryOutcome.HELD, "result_missing"),
        (lambda *_: RESET, StoryOutcome.IN_FLIGHT, "waiting_ended"),
        (lambda *_: raw_answer(200, b"<html>"), StoryOutcome.IN_FLIGHT, "waiting_ended"),
    ],
    ids=["failed", "endless", "unknown", "no-result", "resets", "garbled"],
)
async def test_every_end_of_a_poll_is_one_outcome_with_its_reason(
    api: ScriptedApi, tmp_path: Path, on_poll: Callable[[str, int], Answer], outcome: StoryOutcome, reason: str
) -> None:
    api.on_poll = on_poll
    report, money = await run_with_money(api, tmp_path, ONE)
    assert outcome_of(report) is outcome
    (trouble,) = report.troubles
    assert (trouble.story_id, trouble.outcome, trouble.reason) == (ONE.story_id, outcome, reason)
    assert trouble.message
    assert money.bound_eur == (0 if outcome is StoryOutcome.FAILED else PRICE_EUR)


@pytest.mark.parametrize(
    ("answer", "outcome", "stops"),
    [
        (refuse(422, "validation_error"), StoryOutcome.REJECTED, False),
        (refuse(451, "content_rejected"), StoryOutcome.REJECTED, False),
        (refuse(401, "authentication_error"), StoryOutcome.NOT_SENT, True),
        (refuse(402, "insufficient_credits"), StoryOutcome.NOT_SENT, False),
        (refuse(403, "model_not_allowed"), StoryOutcome.NOT_SENT, True),
        (refuse(429, "rate_limited"), StoryOutcome.NOT_SENT, False),
        (refuse(500, "internal"), StoryOutcome.HELD, False),
        (raw_answer(202, {"job_id": "../../etc"}), StoryOutcome.HELD, False),
        (raw_answer(307, b"", {"Location": "https://elsewhere.test/"}), StoryOutcome.HELD, True),
        (RESET, StoryOutcome.HELD, False),
    ],
)
async def test_every_end_of_a_submit_is_one_outcome(
    api: ScriptedApi, tmp_path: Path, answer: Answer, outcome: StoryOutcome, stops: bool
) -> None:
    api.on_submit = lambda _: answer
    report, money = await run_with_money(api, tmp_path, ONE)
    assert outcome_of(report) is outcome
    assert (report.stop is not None) is stops
    assert bool(report.troubles or report.notes), "something says why"
    assert committed(tmp_path) == ([ONE.story_id] if outcome is StoryOutcome.REJECTED else [])
    assert money.bound_eur == (PRICE_EUR if outcome is StoryOutcome.HELD else 0)


async def test_a_story_that_stays_refused_for_now_says_why_it_was_not_sent(api: ScriptedApi, tmp_path: Path) -> None:
    api.on_submit = lambda _: refuse(429, "rate_limited")
    (trouble,) = (await run_of(api, tmp_path, ONE)).troubles
    assert (trouble.outcome, trouble.reason, trouble.message) == (StoryOutcome.NOT_SENT, "rate_limited", "told 429")


async def test_credits_that_run_out_stop_the_sending_and_nothing_else(api: ScriptedApi, tmp_path: Path) -> None:
    api.on_submit = lambda number: api.accepted() if number < 2 else refuse(402, "insufficient_credits")
    report = await run_of(api, tmp_path, *(a_story(f"story {number}") for number in range(9)))
    assert (report.counts.completed, report.counts.not_sent, report.stop) == (2, 7, None)
    assert report.notes == ("nothing more was sent: told 402",)
    assert report.troubles == ()


async def test_a_story_in_doubt_is_not_sent_by_the_next_run_either(api: ScriptedApi, tmp_path: Path) -> None:
    api.on_submit = lambda _: RESET
    await run_of(api, tmp_path, ONE)
    api.on_submit = lambda _: api.accepted()
    assert outcome_of(await run_of(api, tmp_path, ONE)) is StoryOutcome.HELD
    assert api.posts == 1


async def test_an_answer_for_another_storyboard_is_held_and_its_cost_counts(api: ScriptedApi, tmp_path: Path) -> None:
    api.on_poll = lambda job_id, _: api.completed(job_id, scenes=[api.scene(job_id, 1), api.scene(job_id, 0)])
    report = await run_of(api, tmp_path, ONE)
    assert outcome_of(report) is StoryOutcome.HELD
    assert report.troubles[0].reason == "answer_mismatch"
    assert (report.cost_eur, report.images, api.fetches) == (Decimal("0.40"), 0, {})


async def test_an_image_that_cannot_be_had_makes_the_story_partial(api: ScriptedApi, tmp_path: Path) -> None:
    api.on_image = lambda path, *_: raw_answer(200, b"no") if "scene-1" in path else api.image_answer(path)
    report = await run_of(api, tmp_path, ONE)
    assert outcome_of(report) is StoryOutcome.PARTIAL
    assert (report.images, report.cost_eur, report.troubles[0].reason) == (2, Decimal("0.40"), "unknown_format")


async def test_images_that_are_away_leave_the_story_in_flight_and_the_next_run_saves_it(
    api: ScriptedApi, tmp_path: Path
) -> None:
    api.on_image = lambda *_: RESET
    report = await run_of(api, tmp_path, ONE)
    assert outcome_of(report) is StoryOutcome.IN_FLIGHT
    assert report.stop is None
    api.on_image = lambda path, *_: api.image_answer(path)
    assert outcome_of(await run_of(api, tmp_path, ONE)) is StoryOutcome.COMPLETED
    assert api.posts == 1


async def test_a_key_that_is_refused_at_a_poll_stops_the_run_and_the_story_stays_in_flight(
    api: ScriptedApi, tmp_path: Path
) -> None:
    api.on_poll = lambda *_: refuse(401, "authentication_error")
    report = await run_of(api, tmp_path, ONE)
    assert outcome_of(report) is StoryOutcome.IN_FLIGHT
    assert report.stop is not None
    assert report.stop.code == "authentication_error"


async def test_a_job_that_is_gone_when_its_images_have_expired_stops_nothing_else(
    api: ScriptedApi, tmp_path: Path
) -> None:
    api.on_image = lambda *_: raw_answer(403, b"")
    api.on_poll = lambda job_id, number: NOT_FOUND if number else api.completed(job_id)
    report = await run_of(api, tmp_path, ONE)
    assert (outcome_of(report), report.stop) == (StoryOutcome.IN_FLIGHT, None)


async def test_a_failed_story_is_sent_again_by_later_runs_until_it_has_failed_three_times(
    api: ScriptedApi, tmp_path: Path
) -> None:
    api.on_poll = lambda *_: FAILED
    outcomes = [outcome_of(await run_of(api, tmp_path, ONE)) for _ in range(4)]
    assert outcomes == [StoryOutcome.FAILED] * 4
    assert api.posts == 3
    assert committed(tmp_path) == []


async def test_a_job_that_comes_back_after_the_last_failure_is_told(api: ScriptedApi, tmp_path: Path) -> None:
    """Rule 2: the old jobs are polled once more when the story is given up."""
    api.on_poll = lambda *_: FAILED
    for _ in range(2):
        await run_of(api, tmp_path, ONE)
    api.on_poll = lambda job_id, number: FAILED if job_id != "job-2" or number < 2 else api.completed(job_id)
    (trouble,) = (await run_of(api, tmp_path, ONE)).troubles
    assert (trouble.reason, trouble.outcome) == ("failure_revoked", StoryOutcome.FAILED)
    assert "resume it with --retry-failed" in trouble.message


@pytest.mark.parametrize("failures", [1, 2])
async def test_a_failed_job_that_has_come_back_is_taken_and_nothing_is_sent(
    api: ScriptedApi, tmp_path: Path, failures: int
) -> None:
    """Rule 2: the old jobs are polled once more before their story is sent again."""
    api.on_poll = lambda *_: FAILED
    for _ in range(failures):
        await run_of(api, tmp_path, ONE)
    api.on_poll = lambda job_id, _: api.completed(job_id) if job_id == "job-1" else FAILED
    assert outcome_of(await run_of(api, tmp_path, ONE)) is StoryOutcome.COMPLETED
    assert api.posts == failures
    assert committed(tmp_path) == [ONE.story_id]


async def test_a_failed_job_that_is_gone_is_no_reason_not_to_send_again(api: ScriptedApi, tmp_path: Path) -> None:
    api.on_poll = lambda *_: FAILED
    await run_of(api, tmp_path, ONE)
    api.on_poll = lambda job_id, _: api.completed(job_id) if job_id == "job-2" else NOT_FOUND
    assert outcome_of(await run_of(api, tmp_path, ONE)) is StoryOutcome.COMPLETED
    assert api.posts == 2


async def test_scenes_are_fetched_while_the_rest_is_drawn(api: ScriptedApi, tmp_path: Path) -> None:
    fetched_before: list[bool] = []

    def on_poll(job_id: str, number: int) -> Answer:
        fetched_before.append("/images/job-1/scene-0.png" in api.fetches)
        partial: JsonObject = {**PROCESSING, "result": {"scenes": [api.scene(job_id, 0)]}}
        return api.completed(job_id) if fetched_before[-1] or number > 500 else partial

    api.on_poll = on_poll
    report = await run_of(api, tmp_path, ONE)
    assert outcome_of(report) is StoryOutcome.COMPLETED
    assert fetched_before[-1] is True
    assert set(api.fetches.values()) == {0}


async def test_a_story_saved_by_a_run_that_died_before_its_commit_is_committed_without_a_download(
    api: ScriptedApi, tmp_path: Path
) -> None:
    async with opened(api, tmp_path, ONE) as producer:
        assert await producer.submit(ONE)
        assert await producer.poll(ONE)
        await producer.save(ONE)
    assert committed(tmp_path) == []
    fetches = dict(api.fetches)
    assert outcome_of(await run_of(api, tmp_path, ONE)) is StoryOutcome.COMPLETED
    assert (api.fetches, api.posts, committed(tmp_path)) == (fetches, 1, [ONE.story_id])


async def test_a_run_that_is_cancelled_while_it_submits_loses_no_job(api: ScriptedApi, tmp_path: Path) -> None:
    arrived, goes_on = asyncio.Event(), asyncio.Event()

    async def late_answer() -> Answer:
        arrived.set()
        await goes_on.wait()
        return api.accepted()

    api.on_submit = lambda _: late_answer()
    cancelled = asyncio.create_task(run_of(api, tmp_path, ONE))
    await arrived.wait()
    cancelled.cancel()
    goes_on.set()
    await asyncio.gather(cancelled, return_exceptions=True)
    assert cancelled.cancelled()
    assert outcome_of(await run_of(api, tmp_path, ONE)) is StoryOutcome.COMPLETED
    assert api.posts == 1


async def test_a_run_keeps_nothing_of_a_story_that_has_left_the_service(api: ScriptedApi, tmp_path: Path) -> None:
    others = [a_story(f"story {number}") for number in range(4)]
    api.on_poll = lambda job_id, _: FAILED if job_id == "job-2" else api.completed(job_id)
    async with opened(api, tmp_path, ONE, *others) as producer:
        await produce(producer)
        assert producer._at_the_service == {}


async def test_a_target_that_cannot_be_written_ends_the_run(api: ScriptedApi, tmp_path: Path) -> None:
    await run_of(api, tmp_path, a_story("another"))
    (tmp_path / "target/images" / ONE.story_id).write_bytes(b"a file where a directory has to be")
    with pytest.raises(TargetUnusable):
        await run_of(api, tmp_path, ONE)


SUBMITS: dict[str, Callable[[ScriptedApi], Answer]] = {
    "accepted": lambda api: api.accepted(),
    "accepted, reply lost": lambda api: api.accepted() and RESET,
    "refused": lambda _: refuse(422, "validation_error"),
    "busy": lambda _: refuse(429, "rate_limited"),
    "broken": lambda _: refuse(500, "internal"),
    "no credits": lambda _: refuse(402, "insufficient_credits"),
}
POLLS: dict[str, Callable[[ScriptedApi, str], Answer]] = {
    "completed": lambda api, job_id: api.completed(job_id),
    "processing": lambda *_: PROCESSING,
    "partial": lambda api, job_id: {**PROCESSING, "result": {"scenes": [api.scene(job_id, 1)]}},
    "failed": lambda *_: FAILED,
    "unknown": lambda *_: NOT_FOUND,
    "no result": lambda *_: COMPLETED_WITHOUT_RESULT,
    "reset": lambda *_: RESET,
}
IMAGES: dict[str, Callable[[ScriptedApi, str], Answer]] = {
    "whole": lambda api, path: api.image_answer(path),
    "expired": lambda *_: raw_answer(403, b""),
    "broken": lambda *_: raw_answer(200, b"<html>"),
    "reset": lambda *_: RESET,
}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    submits=st.lists(st.sampled_from(sorted(SUBMITS)), min_size=1, max_size=8),
    polls=st.lists(st.sampled_from(sorted(POLLS)), min_size=1, max_size=8),
    images=st.lists(st.sampled_from(sorted(IMAGES)), min_size=1, max_size=8),
)
async def test_whatever_the_service_does_every_story_has_one_outcome_and_is_charged_once(
    tmp_path_factory: pytest.TempPathFactory, submits: list[str], polls: list[str], images: list[str]
) -> None:
    """A run against a service that follows a script by the number of the request, and then one against a good one."""
    directory = tmp_path_factory.mktemp("run")
    stories = [a_story(f"story {number}") for number in range(4)]
    async with ScriptedApi() as api:
        api.on_submit = lambda number: SUBMITS[submits[number % len(submits)]](api)
        api.on_poll = lambda job_id, number: POLLS[polls[number % len(polls)]](api, job_id)
        api.on_image = lambda path, _sig, number: IMAGES[images[number % len(images)]](api, path)
        first = await run_of(api, directory, *stories)
        api.on_submit, api.on_image = lambda _: api.accepted(), lambda path, *_: api.image_answer(path)
        api.on_poll = lambda job_id, _: api.completed(job_id)
        second = await run_of(api, directory, *stories)
        jobs = [sha256_hex(json.dumps(board, sort_keys=True).encode()) for board in api.jobs.values()]
    for report in (first, second):
        assert sum(getattr(report.counts, outcome.value) for outcome in StoryOutcome) == len(stories)
        explained = {trouble.story_id: trouble.outcome for trouble in report.troubles}
        unexplained = len(stories) - len(explained) - report.counts.completed
        assert unexplained == 0 or report.notes
    assert second.counts.not_sent == second.counts.in_flight == 0
    if "failed" not in polls:
        assert len(set(jobs)) == len(jobs), "a story became two jobs"
    ids = committed(directory)
    assert len(set(ids)) == len(ids), "a story was committed twice"
