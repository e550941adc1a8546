"""When the absence of a job is proven, what that allows, and that nothing else allows it."""

from datetime import timedelta
from pathlib import Path

import pytest

from stories.api.wire import ListedJob
from stories.config import DoubtPolicy, LedgerConfig
from stories.ledger.candidates import reaches_back
from stories.ledger.events import Absent, Decision, Operator, Settling
from stories.ledger.open_doubts import DoubtReason
from stories.ledger.reconciliation import Reconciliation
from stories.ledger.records import Record, encode
from stories.ledger.states import SubmitState
from stories.storage.store import Store
from tests.doubles import scripted_account
from tests.doubles.ledger_processes import LOST_REPLY, NewProcess, Process, a_report, a_story, accepted
from tests.doubles.scripted_account import NOON, NewAccount, ScriptedAccount, why

STORY, OTHER = a_story(), a_story("A whale")
State = SubmitState
HOLD, IF_ABSENT, AFTER_CONFIRM = DoubtPolicy


@pytest.fixture
async def service(new_account: NewAccount) -> ScriptedAccount:
    """Lists a job that is older than everything here, as long as nothing else is said."""
    service = await new_account()
    service.runs("job-old", OTHER, minutes=-5)
    return service


async def reconciled(process: Process, service: ScriptedAccount, minutes: float, **settings: object) -> Reconciliation:
    service.minutes = minutes
    return await scripted_account.reconciled(process, service, **settings)  # type: ignore[arg-type]  # by name


async def in_doubt(process: Process, report: object = LOST_REPLY) -> None:
    assert isinstance(report, type(LOST_REPLY))
    assert (await process.submit(STORY, process.sender(report))).entry.state is State.IN_DOUBT


async def evidence(process: Process) -> list[Settling | Absent]:
    records = await process.ledger.records(STORY.story_id)
    contents = [record.content for record in records if isinstance(record, Record)]
    return [content for content in contents if isinstance(content, Settling | Absent)]


async def test_absence_is_proven_fifteen_minutes_after_the_first_look(
    process: Process, service: ScriptedAccount
) -> None:
    """Not after the run began, whose time the intent holds: the send may have come hours later."""
    await in_doubt(process)
    assert why(await reconciled(process, service, 300)) == [DoubtReason.SETTLING]
    assert why(await reconciled(process, service, 314.9)) == [DoubtReason.SETTLING]
    found = await reconciled(process, service, 315)
    assert why(found) == [DoubtReason.ABSENT]
    assert found.story_states[STORY.story_id].state is State.IN_DOUBT
    settling, absent = sorted(await evidence(process), key=lambda content: content.server_date)
    assert (settling, absent.server_date) == (Settling(NOON + timedelta(minutes=300)), NOON + timedelta(minutes=315))
    entry = await process.ledger.entry(STORY.story_id)
    assert (entry.state, entry.reason, entry.next_attempt) == (State.IN_DOUBT, "no_answer", None)
    assert entry.evidence is not None
    assert "25.00 EUR were available before the run that sent it, 24.20 EUR are available now" in entry.evidence
    events = list(process.events)
    assert why(await reconciled(process, service, 400)) == [DoubtReason.ABSENT]
    assert process.events == events
    assert not (await process.submit(STORY, process.sender(accepted()))).sent


async def test_a_job_that_is_listed_late_is_adopted_in_spite_of_the_proof(
    process: Process, service: ScriptedAccount
) -> None:
    await in_doubt(process)
    for minutes in (10, 30):
        await reconciled(process, service, minutes)
    service.runs("job-1")
    assert len((await reconciled(process, service, 31)).adopted) == 1
    assert (await process.ledger.entry(STORY.story_id)).job_id == "job-1"


@pytest.mark.parametrize(
    ("policy", "confirmed_by", "sent_again"),
    [(HOLD, "ann", False), (IF_ABSENT, None, True), (AFTER_CONFIRM, None, False), (AFTER_CONFIRM, "ann@host", True)],
)
async def test_what_the_policies_allow_once_absence_is_proven(
    process: Process, service: ScriptedAccount, policy: DoubtPolicy, confirmed_by: str | None, sent_again: bool
) -> None:
    await in_doubt(process)
    for minutes in (10, 24):
        early = await reconciled(process, service, minutes, doubt_policy=policy, confirmed_by=confirmed_by)
        assert (why(early), early.resubmitted) == ([DoubtReason.SETTLING], ())
    found = await reconciled(process, service, 25, doubt_policy=policy, confirmed_by=confirmed_by)
    assert found.resubmitted == ((STORY.story_id,) if sent_again else ())
    assert why(found) == ([] if sent_again else [DoubtReason.ABSENT])
    assert found.story_states[STORY.story_id].next_attempt == (2 if sent_again else None)
    records = await process.ledger.records(STORY.story_id)
    words = [it.content for it in records if isinstance(it, Record) and isinstance(it.content, Operator)]
    assert [word.decision for word in words] == [Decision.RESUBMIT] * sent_again
    assert all(policy in word.decided_by and (confirmed_by or "worker-1") in word.decided_by for word in words)


async def test_every_doubt_needs_a_proof_of_its_own(process: Process, service: ScriptedAccount) -> None:
    await in_doubt(process)
    for minutes in (10, 30):
        await reconciled(process, service, minutes, doubt_policy=IF_ABSENT)
    assert (await process.submit(STORY, process.sender(LOST_REPLY))).entry.attempt == 2
    assert why(await reconciled(process, service, 31, doubt_policy=IF_ABSENT)) == [DoubtReason.SETTLING]


@pytest.mark.parametrize("policy", [IF_ABSENT, AFTER_CONFIRM])
@pytest.mark.parametrize("report", [a_report(202), a_report(200)])
async def test_what_the_service_said_it_took_is_never_resubmitted_by_a_policy(
    process: Process, service: ScriptedAccount, policy: DoubtPolicy, report: object
) -> None:
    await in_doubt(process, report)
    for minutes in (10, 30, 9999):
        found = await reconciled(process, service, minutes, doubt_policy=policy, confirmed_by="ann")
        assert (why(found), found.resubmitted) == ([DoubtReason.ACCEPTED], ())
    assert await evidence(process) == []


@pytest.mark.parametrize("policy", [IF_ABSENT, AFTER_CONFIRM])
async def test_what_a_living_process_may_still_send_is_never_resubmitted_by_a_policy(
    new_process: NewProcess, service: ScriptedAccount, policy: DoubtPolicy
) -> None:
    sender, other = new_process(), new_process(host="host-b")
    post = sender.sender(accepted())
    sender.store.trouble = lambda key: RuntimeError("stops here") if key.endswith(".own") else None
    with pytest.raises(RuntimeError):
        await sender.submit(STORY, post)
    for minutes in (10, 30, 9999):
        found = await reconciled(other, service, minutes, doubt_policy=policy, confirmed_by="ann")
        assert (why(found), found.resubmitted) == ([DoubtReason.SENDER_UNKNOWN], ())
    assert await evidence(other) == []


@pytest.mark.parametrize(
    ("minutes_of_listed", "known_cap", "expected"),
    [
        ((), None, False),
        ((), 100, True),
        ((1, 2), None, False),
        ((1, 2), 2, False),
        ((1, 2), 3, True),
        ((2, 1, -1), None, True),
        ((-0.03,), None, False),
        ((-0.04,), None, True),
        ((None, None), None, False),
        ((None, -1), None, True),
    ],
)
def test_when_a_listing_shows_everything_since_noon(
    minutes_of_listed: tuple[float | None, ...], known_cap: int | None, expected: bool
) -> None:
    dates = [None if it is None else (NOON + timedelta(minutes=it)).isoformat() for it in minutes_of_listed]
    listed = [ListedJob.model_validate({"job_id": f"job-{n}", "created_at": date}) for n, date in enumerate(dates)]
    assert reaches_back(listed, NOON, known_cap=known_cap) is expected


async def test_a_known_cap_covers_an_account_that_is_new(process: Process, new_account: NewAccount) -> None:
    await in_doubt(process)
    empty = await new_account()
    assert why(await reconciled(process, empty, 10, listing_cap=100)) == [DoubtReason.SETTLING]
    assert why(await reconciled(process, empty, 30)) == [DoubtReason.NOT_COVERED]
    assert why(await reconciled(process, empty, 30, listing_cap=100)) == [DoubtReason.ABSENT]


async def test_a_person_may_confirm_what_a_listing_cannot_prove(process: Process, new_account: NewAccount) -> None:
    await in_doubt(process)
    empty = await new_account()
    await reconciled(process, empty, 10)
    assert (await reconciled(process, empty, 30, doubt_policy=IF_ABSENT)).resubmitted == ()
    found = await reconciled(process, empty, 30, doubt_policy=AFTER_CONFIRM, confirmed_by="ann")
    assert found.resubmitted == (STORY.story_id,)


async def test_without_the_services_time_nothing_is_proven(process: Process, service: ScriptedAccount) -> None:
    await in_doubt(process)
    service.has_clock = False
    for minutes in (10, 9999):
        assert why(await reconciled(process, service, minutes, doubt_policy=IF_ABSENT)) == [DoubtReason.NO_CLOCK]
    assert await evidence(process) == []


async def test_a_decision_that_somebody_made_meanwhile_stands(
    process: Process, service: ScriptedAccount, root: Path
) -> None:
    await in_doubt(process)
    await reconciled(process, service, 10)
    word = process.ledger.record(STORY.story_id, 1, Operator(Decision.ABANDON, "ann", "not wanted"))

    def meanwhile(key: str) -> Exception | None:
        if key == word.key:
            (root / key).write_bytes(encode(word))
        return None

    process.store.trouble = meanwhile
    found = await reconciled(process, service, 30, doubt_policy=IF_ABSENT)
    assert found.resubmitted == ()
    assert (await process.ledger.entry(STORY.story_id)).state is State.ABANDONED


def test_settling_takes_at_least_fifteen_minutes() -> None:
    for seconds in (0, 899.9, float("nan")):
        with pytest.raises(ValueError, match="settling_seconds"):
            LedgerConfig(settling_seconds=seconds)


@pytest.mark.parametrize("damage", [b"", b"nonsense"])
async def test_damaged_evidence_is_none_and_holds_nothing(
    process: Process, service: ScriptedAccount, store: Store, damage: bytes
) -> None:
    await in_doubt(process)
    for minutes in (10, 30):
        await reconciled(process, service, minutes)
    for kind in ("settling", "absent"):
        await store.publish(f"_meta/ledger/items/{STORY.story_id}/1.{kind}", damage)
    entry = await process.ledger.entry(STORY.story_id)
    assert (entry.state, entry.reason, entry.evidence) == (State.IN_DOUBT, "no_answer", None)
    assert (await process.ledger.survey())[STORY.story_id].state is State.IN_DOUBT
    found = await reconciled(process, service, 60, doubt_policy=IF_ABSENT)
    assert (why(found), found.resubmitted) == ([DoubtReason.SETTLING], ())
