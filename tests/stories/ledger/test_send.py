"""Submits on a real target: the order of what is made durable, and that nothing is sent twice."""

import asyncio
import logging
import uuid
from pathlib import Path

import pytest

from stories.errors import StorageUnavailable
from stories.ledger.decisions import RunAction
from stories.ledger.events import Decision, Doubt, Intent, Operator
from stories.ledger.ledger import Ledger
from stories.ledger.records import Record, decode
from stories.ledger.recovery import recover_host
from stories.ledger.send import StorySender
from stories.ledger.states import SubmitState
from stories.storage.store import Store
from tests.doubles.hand_clock import HandClock
from tests.doubles.ledger_processes import (
    BASELINE,
    LOST_REPLY,
    NOT_SENT,
    PRICE_EUR,
    TARGET_ID,
    NewProcess,
    Process,
    a_report,
    a_story,
    accepted,
)

STORY = a_story()
State = SubmitState


async def test_every_step_of_an_accepted_story_is_durable_before_the_next(process: Process) -> None:
    await process.submit(STORY, process.sender(accepted()))
    assert process.events == [
        "created intent",
        "line sending 1",
        "POST",
        "line accepted job-1",
        "created own",
        "created job",
    ]


async def test_an_accepted_story_is_its_job(process: Process, caplog: pytest.LogCaptureFixture) -> None:
    service = process.sender(accepted())
    with caplog.at_level(logging.INFO, logger="stories.ledger"):
        submission = await process.submit(STORY, service)
    entry = submission.entry
    assert (submission.sent, submission.run_action) == (True, RunAction.GO_ON)
    assert (entry.state, entry.attempt, entry.next_attempt) == (State.ACCEPTED, 1, None)
    assert (entry.job_id, entry.poll_path) == ("job-1", "/v1/generate/story/job-1")
    assert entry.price_max_eur == PRICE_EUR
    assert await process.ledger.entry(STORY.story_id) == entry
    assert service.bodies == [STORY.body]
    assert service.keys == [str(uuid.uuid5(uuid.UUID(TARGET_ID), f"{STORY.story_id}/1"))] == [entry.idempotency_key]
    assert "is job job-1" in caplog.text


async def test_the_intent_says_what_a_reconciler_has_to_know(process: Process, root: Path) -> None:
    await process.submit(STORY, process.sender(accepted()))
    key = f"_meta/ledger/items/{STORY.story_id}/1.intent"
    intent = decode(key, (root / key).read_bytes()).content
    assert isinstance(intent, Intent)
    assert (intent.baseline_job_ids, intent.server_date, intent.balance_eur) == (
        BASELINE.job_ids,
        BASELINE.server_date,
        BASELINE.balance_eur,
    )
    assert (intent.prompts_fingerprint, intent.scenes_total) == (STORY.prompts_fingerprint, 1)
    assert (intent.body_sha256, intent.spool_id) == (STORY.storyboard_sha256, process.spool.spool_id)


async def test_the_ledger_holds_no_signed_url(process: Process, root: Path, directory: Path) -> None:
    await process.submit(STORY, process.sender(accepted()))
    written = [path.read_bytes() for place in (root, directory) for path in place.rglob("*") if path.is_file()]
    assert len(written) == 4
    assert not any(b"sig=" in content or b"https:" in content for content in written)


@pytest.mark.parametrize("job_report", [accepted(), LOST_REPLY, a_report(422), a_report(500), a_report(202)])
async def test_a_story_with_a_definite_or_doubtful_outcome_is_not_sent_again(
    new_process: NewProcess, job_report: object
) -> None:
    process = new_process()
    assert isinstance(job_report, type(LOST_REPLY))
    service = process.sender(job_report)
    first = await process.submit(STORY, service)
    again = await process.submit(STORY, service)
    elsewhere = await new_process(host="host-b").submit(STORY, service)
    assert service.sends == 1
    assert (again.sent, elsewhere.sent) == (False, False)
    assert again.entry == elsewhere.entry
    assert again.entry.state is first.entry.state


async def test_eight_submits_of_one_story_at_once_send_it_once(new_process: NewProcess) -> None:
    processes = [new_process(), new_process(), new_process(host="host-b"), new_process(host="host-c")]
    service = processes[0].sender(accepted())
    submissions = await asyncio.gather(*(process.submit(STORY, service) for process in processes for _ in range(2)))
    assert service.sends == 1
    assert [submission.sent for submission in submissions].count(True) == 1


async def test_an_intent_whose_reply_was_lost_is_known_by_its_nonce_and_sent_once(process: Process) -> None:
    service = process.sender(accepted())
    lost = iter([True])
    process.store.lost = lambda key: key.endswith(".intent") and next(lost, False)
    submission = await process.submit(STORY, service)
    assert (submission.entry.state, service.sends) == (State.ACCEPTED, 1)


async def test_a_process_does_not_recognise_its_own_intent_in_a_later_call(new_process: NewProcess) -> None:
    process = new_process()
    service = process.sender(accepted())
    process.store.lost = lambda key: key.endswith(".intent")
    with pytest.raises(StorageUnavailable):
        await process.submit(STORY, service)
    process.store.lost = lambda key: False
    submission = await process.submit(STORY, service)
    assert (submission.entry.state, submission.entry.reason) == (State.IN_DOUBT, "no_outcome")
    assert (submission.sent, service.sends) == (False, 0)
    assert (await recover_host(process.ledger)).voided == 0
    process.die()
    heir = new_process()
    assert (await recover_host(heir.ledger)).voided == 1
    assert (await heir.submit(STORY, service)).entry.attempt == 2


@pytest.mark.parametrize(
    ("report", "state", "run_action", "retry_after_seconds"),
    [
        (NOT_SENT, State.UNSENT, RunAction.BACK_OFF, None),
        (a_report(429, retry_after_seconds=7.0), State.UNSENT, RunAction.BACK_OFF, 7.0),
        (a_report(429, retry_after_seconds=1e9), State.UNSENT, RunAction.BACK_OFF, 300.0),
        (a_report(429, retry_after_seconds=-1.0), State.UNSENT, RunAction.BACK_OFF, 0.0),
        (a_report(402, code="insufficient_credits"), State.UNSENT, RunAction.TRIP_BREAKER, None),
        (a_report(401), State.UNSENT, RunAction.STOP_RUN, None),
        (a_report(451), State.REJECTED, RunAction.GO_ON, None),
        (a_report(422, details={"scenes": "too many"}), State.REJECTED, RunAction.GO_ON, None),
        (LOST_REPLY, State.IN_DOUBT, RunAction.COUNT_FAULT, None),
        (a_report(307), State.IN_DOUBT, RunAction.STOP_RUN, None),
        (a_report(303, job_id="job-1"), State.IN_DOUBT, RunAction.COUNT_FAULT, None),
        (a_report(202), State.IN_DOUBT, RunAction.COUNT_FAULT, None),
        (a_report(200, job_id="job-1"), State.ACCEPTED, RunAction.GO_ON, None),
    ],
)
async def test_the_verdict_is_recorded_and_handed_on(
    process: Process,
    report: object,
    state: SubmitState,
    run_action: RunAction,
    retry_after_seconds: float | None,
) -> None:
    assert isinstance(report, type(LOST_REPLY))
    submission = await process.submit(STORY, process.sender(report))
    assert (submission.entry.state, submission.run_action) == (state, run_action)
    assert submission.retry_after_seconds == retry_after_seconds
    stored = await process.ledger.entry(STORY.story_id)
    assert (stored.state, stored.reason, stored.message) == (
        submission.entry.state,
        submission.entry.reason,
        submission.entry.message,
    )
    assert (stored.next_attempt == 2) is (state is State.UNSENT)
    assert (await process.ledger.survey())[STORY.story_id].state is state


async def test_a_yes_without_a_usable_job_is_marked_as_accepted(process: Process) -> None:
    await process.submit(STORY, process.sender(a_report(202)))
    doubts = [r.content for r in await process.ledger.records(STORY.story_id) if isinstance(r, Record)]
    assert [doubt.accepted for doubt in doubts if isinstance(doubt, Doubt)] == [True]


async def test_a_void_attempt_is_followed_by_the_next_with_a_key_of_its_own(process: Process) -> None:
    service = process.sender(NOT_SENT, a_report(429), accepted())
    states = [(await process.submit(STORY, service)).entry.state for _ in range(3)]
    assert states == [State.UNSENT, State.UNSENT, State.ACCEPTED]
    assert len(set(service.keys)) == 3
    assert (await process.ledger.entry(STORY.story_id)).attempt == 3


async def test_a_failed_job_is_sent_again_twice_and_then_no_more(process: Process) -> None:
    service = process.sender(accepted("job-1"), accepted("job-2"), accepted("job-3"))
    for failures in (1, 2, 3):
        entry = (await process.submit(STORY, service)).entry
        failed = await process.ledger.record_failed(entry, "no paint")
        assert (failed.failures, failed.message) == (failures, "no paint")
    assert failed.state is State.EXHAUSTED
    assert not (await process.submit(STORY, service)).sent


async def test_a_lost_job_is_held_until_a_person_decides(process: Process) -> None:
    service = process.sender(accepted("job-1"), accepted("job-2"))
    entry = (await process.submit(STORY, service)).entry
    lost = await process.ledger.record_lost(entry, "vanished", "404 for 10 minutes")
    assert (lost.state, lost.reason, lost.job_id) == (State.HELD, "vanished", "job-1")
    assert (await process.ledger.survey())[STORY.story_id].state is State.HELD
    assert not (await process.submit(STORY, service)).sent
    word = Operator(Decision.RESUBMIT, "ann", "the service lost it")
    assert await process.ledger.file(process.ledger.record(STORY.story_id, 1, word))
    assert (await process.ledger.survey())[STORY.story_id].next_attempt == 2
    assert (await process.submit(STORY, service)).entry.job_id == "job-2"


async def test_what_a_job_came_to_needs_a_job(process: Process) -> None:
    with pytest.raises(ValueError, match="has no job"):
        await process.ledger.record_failed(await process.ledger.entry(STORY.story_id), "no paint")


async def test_the_samples_of_a_storyboard_are_sent_each(process: Process) -> None:
    service = process.sender(accepted("job-1"), accepted("job-2"))
    for sample in (0, 1):
        assert (await process.submit(a_story(sample=sample), service)).entry.state is State.ACCEPTED


async def test_the_idempotency_key_can_be_left_out(process: Process) -> None:
    service = process.sender(accepted())
    submissions = StorySender(process.ledger, service, baseline=BASELINE, send_idempotency_key=False)
    await submissions.submit(STORY, price_eur=PRICE_EUR)
    assert service.keys == [None]


async def test_nothing_can_be_sent_without_a_spool(store: Store, clock: HandClock, process: Process) -> None:
    reader = Ledger(
        store, target_id=TARGET_ID, spool=None, host="h", worker="w", run_id="r", clock=clock, new_nonce=lambda: "n"
    )
    with pytest.raises(ValueError, match="without a spool"):
        StorySender(reader, process.sender(accepted()), baseline=BASELINE)
    assert (await recover_host(reader)).spools == 0
