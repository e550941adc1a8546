"""A person's word settles every kind of held story, once, and no other story."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from stories.errors import DecisionRefused
from stories.ledger.events import Decision, Operator, Void
from stories.ledger.operators import Settlement, settle
from stories.ledger.records import Record
from stories.ledger.states import Event, SubmitState, fold
from stories.storage.store import Store
from tests.doubles.ledger_processes import LOST_REPLY, NOT_SENT, NewProcess, Process, a_report, a_story, accepted

STORY = a_story()
State = SubmitState
RESUBMIT, ABANDON = Decision


async def decided(process: Process, decision: Decision, reason: str = "seen in the console") -> Settlement:
    return await settle(process.ledger, STORY.story_id, decision, decided_by="ann@desk", reason=reason)


async def damage(store: Store, name: str) -> None:
    await store.publish(f"_meta/ledger/items/{STORY.story_id}/{name}", b"nonsense")


async def no_outcome(process: Process, _: Store) -> None:
    process.store.trouble = lambda key: RuntimeError("stops here") if key.endswith(".doubt") else None
    with pytest.raises(RuntimeError):
        await process.submit(STORY, process.sender(LOST_REPLY))


async def doubt(process: Process, _: Store) -> None:
    await process.submit(STORY, process.sender(LOST_REPLY))


async def accepted_without_job(process: Process, _: Store) -> None:
    await process.submit(STORY, process.sender(a_report(202)))


async def another_storys_job(process: Process, _: Store) -> None:
    await process.submit(a_story("A whale"), process.sender(accepted("job-1")))
    await process.submit(STORY, process.sender(accepted("job-1")))


async def lost(process: Process, _: Store) -> None:
    entry = (await process.submit(STORY, process.sender(accepted("job-1")))).entry
    await process.ledger.record_lost(entry, "answer_mismatch", "scene 1 has another prompt")


async def contradiction(process: Process, _: Store) -> None:
    await process.submit(STORY, process.sender(a_report(422)))
    await process.ledger.file(process.ledger.record(STORY.story_id, 1, Void("not_sent", "?")))


async def damaged(process: Process, store: Store) -> None:
    await process.submit(STORY, process.sender(a_report(422)))
    await damage(store, "1.rejected")


async def damaged_earlier(process: Process, store: Store) -> None:
    for report in (NOT_SENT, LOST_REPLY):
        await process.submit(STORY, process.sender(report))
    await damage(store, "1.void")


async def missing_earlier(process: Process, store: Store) -> None:
    for report in (NOT_SENT, LOST_REPLY):
        await process.submit(STORY, process.sender(report))
    for kind in ("intent", "void"):
        await store.delete(f"_meta/ledger/items/{STORY.story_id}/1.{kind}")


async def newer_program(process: Process, store: Store) -> None:
    await process.submit(STORY, process.sender(LOST_REPLY))
    await damage(store, "1.blessing")


HELD: dict[str, Callable[[Process, Store], Awaitable[None]]] = {
    "no_outcome": no_outcome,
    "no_answer": doubt,
    "accepted_without_job_id": accepted_without_job,
    "job_owned_by_another_story": another_storys_job,
    "answer_mismatch": lost,
    "records_contradict": contradiction,
    "record_damaged": damaged,
    "record_damaged, an earlier one": damaged_earlier,
    "no_answer, an earlier attempt is gone": missing_earlier,
    "record_damaged, of a newer program": newer_program,
}


@pytest.mark.parametrize("held", HELD)
async def test_whatever_holds_a_story_a_person_can_abandon_it(process: Process, store: Store, held: str) -> None:
    await HELD[held](process, store)
    before = await process.ledger.entry(STORY.story_id)
    assert before.reason == held.partition(",")[0] or "gone" in held
    settlement = await decided(process, ABANDON)
    assert settlement.entry.state is (await process.ledger.survey())[STORY.story_id].state is State.ABANDONED
    assert "not sent again" in settlement.consequence
    assert not (await process.submit(STORY, process.sender(accepted("job-2")))).sent


@pytest.mark.parametrize("held", HELD)
async def test_whatever_holds_a_story_a_person_can_have_it_sent_once_more(
    process: Process, store: Store, held: str
) -> None:
    await HELD[held](process, store)
    last = (await process.ledger.entry(STORY.story_id)).attempt
    process.store.trouble = lambda key: None
    settlement = await decided(process, RESUBMIT)
    assert (settlement.entry.state, settlement.entry.next_attempt) == (State.UNSENT, last + 1)
    service = process.sender(accepted("job-2"))
    for _ in range(2):
        assert (await process.submit(STORY, service)).entry.job_id == "job-2"
    assert service.sends == 1


async def test_who_decided_and_why_is_on_record(process: Process) -> None:
    await doubt(process, process.store)
    settlement = await decided(process, RESUBMIT, "support says that it never arrived")
    records = [it.content for it in await process.ledger.records(STORY.story_id) if isinstance(it, Record)]
    assert Operator(RESUBMIT, "ann@desk", "support says that it never arrived") in records
    assert settlement.consequence == (
        "the next run sends it again, as attempt 2, for up to 0.40 EUR; "
        "if the service took attempt 1 too, both are charged"
    )


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ("accepted_without_job_id", "the service said that it took attempt 1: expect both to be charged"),
        ("answer_mismatch", "job job-1 of attempt 1 may be charged as well"),
    ],
)
async def test_what_is_likely_paid_already_is_told(process: Process, store: Store, held: str, words: str) -> None:
    await HELD[held](process, store)
    assert words in (await decided(process, RESUBMIT)).consequence


async def test_a_job_that_is_known_is_taken_instead_of_sending_again(process: Process) -> None:
    """A contradiction of a program that is wrong: an attempt after one that has its job."""
    await process.submit(STORY, process.sender(accepted("job-1")))
    intent = next(it for it in await process.ledger.records(STORY.story_id) if isinstance(it, Record))
    for content in (intent.content, Void("not_sent", "?")):
        await process.ledger.file(process.ledger.record(STORY.story_id, 2, content))
    assert (await process.ledger.entry(STORY.story_id)).state is State.HELD
    settlement = await decided(process, RESUBMIT)
    assert (settlement.entry.state, settlement.entry.job_id) == (State.ACCEPTED, "job-1")
    assert settlement.consequence == "its job job-1 is known and taken up by the next run; nothing is sent"


@pytest.mark.parametrize("first", list(Decision))
@pytest.mark.parametrize("second", list(Decision))
async def test_the_first_word_stands(process: Process, first: Decision, second: Decision) -> None:
    await doubt(process, process.store)
    await decided(process, first, "mine")
    with pytest.raises(DecisionRefused, match=rf"decided by ann@desk on 2026-.*: {first} attempt 1 \(mine\)"):
        await decided(process, second, "no, mine")
    assert (await process.ledger.entry(STORY.story_id)).message == "ann@desk: mine"


async def test_of_two_people_who_decide_at_once_one_is_refused(new_process: NewProcess) -> None:
    process = new_process()
    await doubt(process, process.store)
    words = await asyncio.gather(*(decided(new_process(), it) for it in Decision), return_exceptions=True)
    assert sorted(type(word).__name__ for word in words) == ["DecisionRefused", "Settlement"]


async def test_a_damaged_word_is_named_so_that_it_can_be_removed(process: Process, store: Store) -> None:
    await doubt(process, store)
    await damage(store, "1.operator")
    with pytest.raises(DecisionRefused, match=r"1\.operator on the target is damaged: remove that file"):
        await decided(process, ABANDON)
    await store.delete(f"_meta/ledger/items/{STORY.story_id}/1.operator")
    assert (await decided(process, ABANDON)).entry.state is State.ABANDONED


@pytest.mark.parametrize("report", [accepted(), a_report(422), NOT_SENT])
async def test_a_story_that_is_not_held_cannot_be_decided(process: Process, report: object) -> None:
    assert isinstance(report, type(NOT_SENT))
    await process.submit(STORY, process.sender(report))
    events = list(process.events)
    with pytest.raises(DecisionRefused, match="is not held, it is"):
        await decided(process, RESUBMIT)
    assert process.events == events


@pytest.mark.parametrize("story_id", ["", "../../x", "ABC", "0" * 33, STORY.story_id.upper() + "é"])
async def test_what_is_no_story_id_reaches_no_key(process: Process, story_id: str) -> None:
    with pytest.raises(DecisionRefused, match="is no story id"):
        await settle(process.ledger, story_id, ABANDON, decided_by="ann", reason="r")


async def test_an_unknown_story_and_an_empty_reason_are_refused(process: Process) -> None:
    with pytest.raises(DecisionRefused, match="knows no story"):
        await decided(process, ABANDON)
    await doubt(process, process.store)
    with pytest.raises(DecisionRefused, match="a reason is needed"):
        await decided(process, ABANDON, "  ")


async def test_a_damaged_job_record_is_made_anew_from_its_claim(process: Process, store: Store) -> None:
    """What docs/held.md advises: remove the file that is named, and reconcile."""
    await process.submit(STORY, process.sender(accepted("job-1")))
    await damage(store, "1.job")
    assert (await process.ledger.entry(STORY.story_id)).reason == "record_damaged"
    await store.delete(f"_meta/ledger/items/{STORY.story_id}/1.job")
    assert await process.ledger.finish_adoptions() == 1
    assert (await process.ledger.entry(STORY.story_id)).job_id == "job-1"


def story_state(*attempts: str) -> tuple[SubmitState, int | None, tuple[int, ...]]:
    events = [(n, Event(word)) for n, words in enumerate(attempts, start=1) for word in ("intent " + words).split()]
    found = fold(STORY.story_id, events)
    return found.state, found.next_attempt, found.unexplained


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        (("damaged", "doubt"), (State.HELD, None, ())),
        (("damaged", "doubt resubmit"), (State.UNSENT, 3, (2,))),
        (("damaged", "doubt abandon"), (State.ABANDONED, None, ())),
        (("damaged resubmit", "doubt"), (State.IN_DOUBT, None, (2,))),
        (("doubt", "void resubmit"), (State.UNSENT, 3, (1,))),
        (("doubt", "void resubmit", "doubt"), (State.IN_DOUBT, None, (1, 3))),
        (("rejected", "job failed resubmit", "void"), (State.UNSENT, 4, ())),
        (("damaged", "doubt abandon", "void"), (State.HELD, None, ())),
        (("doubt resubmit", "job"), (State.ACCEPTED, None, ())),
        (("doubt resubmit", "job failed"), (State.FAILED, 3, (1,))),
        (("doubt resubmit", "rejected"), (State.REJECTED, None, ())),
        (("job failed", "job failed", "job failed", "void resubmit", "job failed"), (State.EXHAUSTED, None, ())),
        (("doubt job", "void resubmit"), (State.ACCEPTED, None, ())),
    ],
)
def test_a_persons_last_word_is_on_all_that_was_before_it(
    attempts: tuple[str, ...], expected: tuple[SubmitState, int | None, tuple[int, ...]]
) -> None:
    assert story_state(*attempts) == expected
