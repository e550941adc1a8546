"""A failed job is looked at once more before its story is sent again (Rule 2)."""

import pytest

from stories.errors import ServiceUnavailable
from stories.ledger.send import revived
from stories.ledger.states import SubmitState
from tests.doubles.ledger_processes import Process, a_story, accepted
from tests.doubles.scripted_account import NewAccount, ScriptedAccount
from tests.doubles.scripted_server import raw_answer

STORY = a_story()
FAILED = {"status": "failed", "result": None}


async def fail(process: Process, service: ScriptedAccount, times: int) -> None:
    """Have so many jobs of the story fail, one after the other."""
    for number in range(1, times + 1):
        entry = (await process.submit(STORY, process.sender(accepted(f"job-{number}")))).entry
        await process.ledger.record_failed(entry, "no paint")
        service.runs(f"job-{number}", **FAILED)


@pytest.mark.parametrize("times", [0, 1, 3])
async def test_every_failed_job_is_asked_for_and_none_is_taken_that_still_failed(
    process: Process, service: ScriptedAccount, times: int
) -> None:
    await fail(process, service, times)
    assert await revived(process.ledger, service, STORY.story_id) is None
    assert sorted(service.asked) == [f"job-{number}" for number in range(1, times + 1)]


@pytest.mark.parametrize("status", ["completed", "processing", "pending", "revising"])
@pytest.mark.parametrize("attempt", [1, 2, 3])
async def test_a_job_that_no_longer_failed_is_what_the_story_goes_on_with(
    process: Process, service: ScriptedAccount, status: str, attempt: int
) -> None:
    await fail(process, service, 3)
    service.becomes(f"job-{attempt}", status=status)
    entry = await revived(process.ledger, service, STORY.story_id)
    assert entry is not None
    assert (entry.state, entry.attempt, entry.job_id) == (SubmitState.ACCEPTED, attempt, f"job-{attempt}")
    assert entry.next_attempt is None
    assert (await process.ledger.entry(STORY.story_id)).state is SubmitState.EXHAUSTED


async def test_a_job_that_is_gone_stays_failed(
    process: Process, service: ScriptedAccount, new_account: NewAccount
) -> None:
    await fail(process, service, 1)
    assert await revived(process.ledger, await new_account(), STORY.story_id) is None


async def test_a_service_that_does_not_answer_decides_nothing(process: Process, service: ScriptedAccount) -> None:
    await fail(process, service, 1)
    service.before_answer = lambda job_id: raw_answer(503, {"error": "internal", "message": "down"})
    with pytest.raises(ServiceUnavailable):
        await revived(process.ledger, service, STORY.story_id)
