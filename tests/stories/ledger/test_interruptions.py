"""What becomes of a submit when its caller, its target or its spool gives way, or another story has its job."""

import asyncio

import pytest

from stories.errors import StorageUnavailable, TargetUnusable
from stories.ledger.decisions import RunAction
from stories.ledger.events import Doubt, Intent, JobAssigned, JobSource, Own
from stories.ledger.records import Record, decode, own_key
from stories.ledger.recovery import recover_host
from stories.ledger.states import SubmitState
from stories.storage.store import Store
from tests.doubles.hand_clock import HandClock
from tests.doubles.ledger_processes import LOST_REPLY, NewProcess, Process, ScriptedService, a_report, a_story, accepted

STORY = a_story()
TWIN = a_story(sample=1)
State = SubmitState
JOB_PATH = "/v1/generate/story/job-1"


async def cancelled_while_sending(process: Process, service: ScriptedService, *, times: int = 1) -> None:
    service.breaker.clear()
    caller = asyncio.create_task(process.submit(STORY, service))
    await service.reached.wait()
    for _ in range(times):
        caller.cancel()
        await asyncio.sleep(0)
    assert not caller.done()
    service.breaker.set()
    with pytest.raises(asyncio.CancelledError):
        await caller


@pytest.mark.parametrize("times", [1, 3])
async def test_a_cancelled_caller_waits_until_the_job_is_recorded(process: Process, times: int) -> None:
    await cancelled_while_sending(process, process.sender(accepted()), times=times)
    assert process.events[-1] == "created job"
    assert (await process.ledger.entry(STORY.story_id)).state is State.ACCEPTED


async def test_a_cancelled_caller_waits_no_longer_than_it_must(process: Process) -> None:
    events: list[str] = []
    await cancelled_while_sending(process, ScriptedService(accepted(), events=events))
    assert events == ["POST", "hurry"]


async def test_what_is_cancelled_before_it_is_sent_is_not_sent_any_more(process: Process) -> None:
    """The intent is there by then; the void that proves that nothing left opens the story for the next run."""
    service = ScriptedService(accepted())
    caller: list[asyncio.Task[object]] = []

    def cancel_at_the_intent(key: str) -> bool:
        if key.endswith(".intent"):
            caller[0].cancel()
        return False

    process.store.lost = cancel_at_the_intent
    caller.append(asyncio.create_task(process.submit(STORY, service)))
    with pytest.raises(asyncio.CancelledError):
        await caller[0]
    entry = await process.ledger.entry(STORY.story_id)
    assert service.sends == 0
    assert (entry.state, entry.reason, entry.next_attempt) == (State.UNSENT, "run_ended", 2)


async def test_a_cancelled_caller_waits_until_a_doubt_is_recorded(process: Process) -> None:
    await cancelled_while_sending(process, process.sender(LOST_REPLY))
    assert process.events[-1] == "created doubt"


async def test_a_cancellation_hides_no_failure_of_what_was_under_way(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    process.store.trouble = lambda key: RuntimeError("a bug") if key.endswith(".own") else None
    await cancelled_while_sending(process, process.sender(accepted()))
    assert "a bug" in caplog.text


async def test_a_target_that_is_away_for_seconds_gets_its_record_late(process: Process, clock: HandClock) -> None:
    troubles = iter([StorageUnavailable("503")] * 3)
    process.store.trouble = lambda key: next(troubles, None) if key.endswith(".own") else None
    submission = await process.submit(STORY, process.sender(accepted()))
    assert (submission.entry.state, submission.run_action) == (State.ACCEPTED, RunAction.GO_ON)
    assert clock.sleeps == [0.2, 0.5, 1.0]


@pytest.mark.parametrize("error", [StorageUnavailable("503"), TargetUnusable("disk full")])
@pytest.mark.parametrize("kind", ["own", "job"])
async def test_a_job_that_the_target_does_not_take_is_in_the_spool_and_replayed(
    new_process: NewProcess, error: Exception, kind: str, clock: HandClock
) -> None:
    process = new_process()
    process.store.trouble = lambda key: error if key.endswith(f".{kind}") else None
    submission = await process.submit(STORY, process.sender(accepted()))
    assert (submission.entry.state, submission.entry.reason) == (State.IN_DOUBT, "job_not_recorded")
    assert submission.run_action is RunAction.STOP_RUN
    assert sum(clock.sleeps) < 10
    assert (await process.ledger.entry(STORY.story_id)).state is State.IN_DOUBT
    process.die()
    heir = new_process()
    assert (await recover_host(heir.ledger)).jobs == 1
    assert (await heir.ledger.entry(STORY.story_id)).job_id == "job-1"


async def test_a_target_that_takes_no_intent_sends_nothing(process: Process) -> None:
    process.store.trouble = lambda key: StorageUnavailable("503")
    service = process.sender(accepted())
    with pytest.raises(StorageUnavailable):
        await process.submit(STORY, service)
    assert service.sends == 0


async def test_an_outcome_that_the_target_does_not_take_stops_the_run_and_is_a_doubt_later(process: Process) -> None:
    process.store.trouble = lambda key: TargetUnusable("disk full") if key.endswith(".void") else None
    submission = await process.submit(STORY, process.sender(a_report(429)))
    assert submission.run_action is RunAction.STOP_RUN
    assert (await process.ledger.entry(STORY.story_id)).state is State.IN_DOUBT


async def test_without_its_spool_line_nothing_is_sent(process: Process) -> None:
    process.spool.close()
    service = process.sender(accepted())
    submission = await process.submit(STORY, service)
    assert (submission.sent, service.sends, submission.run_action) == (False, 0, RunAction.STOP_RUN)
    assert (submission.entry.state, submission.entry.reason) == (State.UNSENT, "spool_unusable")


async def test_a_job_is_recorded_although_the_spool_broke_while_it_was_sent(process: Process) -> None:
    service = process.sender(accepted())
    service.breaker.clear()
    caller = asyncio.create_task(process.submit(STORY, service))
    await service.reached.wait()
    process.spool.close()
    service.breaker.set()
    submission = await caller
    assert submission.run_action is RunAction.STOP_RUN
    assert (await process.ledger.entry(STORY.story_id)).job_id == "job-1"


async def test_a_job_of_another_story_is_never_taken_and_stops_the_run(process: Process) -> None:
    service = process.sender(accepted("job-1"))
    await process.submit(STORY, service)
    other = await process.submit(a_story("Another cat"), service)
    assert other.run_action is RunAction.STOP_RUN
    assert (other.entry.state, other.entry.reason) == (State.IN_DOUBT, "job_owned_by_another_story")
    assert (await process.ledger.entry(STORY.story_id)).state is State.ACCEPTED
    again = await process.submit(a_story("Another cat"), service)
    assert (again.sent, service.sends) == (False, 2)
    doubts = [r.content for r in await process.ledger.records(other.entry.story_id) if isinstance(r, Record)]
    assert [doubt.accepted for doubt in doubts if isinstance(doubt, Doubt)] == [True]


async def test_a_job_of_another_story_is_not_taken_when_the_target_is_away_a_moment_later(process: Process) -> None:
    service = process.sender(accepted("job-1"))
    await process.submit(STORY, service)

    def away_after_the_doubt(key: str) -> bool:
        process.store.list_trouble = StorageUnavailable("503") if key.endswith(".doubt") else None
        return False

    process.store.lost = away_after_the_doubt
    twin = await process.submit(TWIN, service)
    assert (twin.entry.state, twin.entry.reason) == (State.IN_DOUBT, "job_owned_by_another_story")
    assert twin.run_action is RunAction.STOP_RUN


@pytest.mark.parametrize("kind", ["own", "job"])
async def test_a_job_whose_owner_cannot_be_read_is_not_followed(process: Process, kind: str) -> None:
    """The claim is there and may be the twin's: only its content tells."""
    service = process.sender(accepted("job-1"))
    await process.submit(STORY, service)
    process.store.read_trouble = lambda key: StorageUnavailable("503") if key.endswith(f".{kind}") else None
    twin = await process.submit(TWIN, service)
    assert twin.entry.state is State.IN_DOUBT
    assert twin.run_action is RunAction.STOP_RUN


async def test_a_zombie_whose_job_its_twin_was_given_takes_the_twins_job(process: Process) -> None:
    """C16: while it slept, jobs of twins were adopted crosswise."""
    service = process.sender(accepted("job-1"))
    service.breaker.clear()
    zombie = asyncio.create_task(process.submit(STORY, service))
    await service.reached.wait()
    ledger = process.ledger
    assert await ledger.bind(TWIN.story_id, 1, JobAssigned("job-1", "/p", JobSource.ADOPTED))
    assert await ledger.bind(STORY.story_id, 1, JobAssigned("job-2", "/p", JobSource.ADOPTED))
    service.breaker.set()
    submission = await zombie
    assert (submission.entry.state, submission.entry.job_id) == (State.ACCEPTED, "job-2")
    assert submission.run_action is RunAction.GO_ON


async def test_binding_a_job_again_changes_nothing(process: Process) -> None:
    job = JobAssigned("job-1", "/p", JobSource.ADOPTED)
    assert await process.ledger.bind(STORY.story_id, 1, job)
    assert await process.ledger.bind(STORY.story_id, 1, job)
    assert not await process.ledger.bind(STORY.story_id, 2, job)
    assert not await process.ledger.bind(STORY.story_id, 1, JobAssigned("job-2", "/p", JobSource.ADOPTED))


async def test_a_damaged_owner_is_nobody_that_we_know(process: Process, store: Store) -> None:
    await store.create(own_key("job-1"), b"nonsense")
    submission = await process.submit(STORY, process.sender(accepted("job-1")))
    assert (submission.entry.state, submission.run_action) == (State.IN_DOUBT, RunAction.STOP_RUN)


@pytest.mark.parametrize("kind", ["intent", "void"])
@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
async def test_a_damaged_record_holds_its_story_alone(
    process: Process, store: Store, kind: str, damage: bytes | None
) -> None:
    service = process.sender(a_report(429), a_report(429), accepted())
    key = f"_meta/ledger/items/{STORY.story_id}/1.{kind}"
    await process.submit(STORY, service)
    await process.submit(TWIN, service)
    stored = await store.read(key)
    assert stored is not None
    await store.publish(key, stored[:-9] if damage is None else damage)
    entry = await process.ledger.entry(STORY.story_id)
    assert (entry.state, entry.reason, entry.next_attempt) == (State.HELD, "record_damaged", None)
    assert entry.message is not None
    assert key in entry.message
    assert not (await process.submit(STORY, service)).sent
    assert (await process.submit(TWIN, service)).sent


async def test_a_record_of_a_newer_program_holds_the_story(process: Process, store: Store) -> None:
    service = process.sender(a_report(429), accepted())
    await process.submit(STORY, service)
    await store.create(f"_meta/ledger/items/{STORY.story_id}/1.blessing", b"?")
    assert (await process.ledger.survey())[STORY.story_id].state is State.HELD
    assert (await process.ledger.entry(STORY.story_id)).state is State.HELD
    assert not (await process.submit(STORY, service)).sent


async def test_a_doubt_beside_our_void_stays_a_doubt(process: Process) -> None:
    """Rule 3: another program marked the attempt while it was under way."""
    service = process.sender(a_report(429))
    service.breaker.clear()
    caller = asyncio.create_task(process.submit(STORY, service))
    await service.reached.wait()
    ledger = process.ledger
    assert await ledger.file(ledger.record(STORY.story_id, 1, Doubt("absent_proven", "", bytes_sent=True)))
    service.breaker.set()
    await caller
    assert (await ledger.entry(STORY.story_id)).state is State.IN_DOUBT
    assert not (await process.submit(STORY, service)).sent


async def test_who_owns_a_job_is_on_the_target(process: Process, store: Store) -> None:
    await process.submit(STORY, process.sender(accepted("job-1")))
    kinds = {type(r.content) for r in await process.ledger.records(STORY.story_id) if isinstance(r, Record)}
    assert kinds == {Intent, JobAssigned}
    stored = await store.read(own_key("job-1"))
    assert stored is not None
    own = decode(own_key("job-1"), stored)
    assert (own.story_id, own.attempt, own.content) == (STORY.story_id, 1, Own("job-1", JOB_PATH))
