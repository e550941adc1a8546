"""Failed jobs, looked at once more: the service may have taken its word back (Rule 2)."""

from typing import Protocol

from stories.api.poll import JobAnswer
from stories.api.wire import JobStatus
from stories.errors import JobNotFound
from stories.ledger.entry import LedgerEntry, entry_of
from stories.ledger.events import Decision, Failed, JobAssigned, Operator, Record
from stories.ledger.ledger import Ledger


class JobView(Protocol):
    """Polls a job; `PollClient` is the real one."""

    async def job(self, job_id: str) -> JobAnswer: ...


async def revived(ledger: Ledger, service: JobView, story_id: str) -> LedgerEntry | None:
    """The story's entry as of a job that had failed and no longer has, the latest; None when all of them still have.

    To be asked before a failed story is sent again, and before it is given up. The record of the failure stays, so
    whoever goes on with the job asks again after a crash. Raises what the service raises: then nothing may be sent.
    """
    records = [record for record in await ledger.records(story_id) if isinstance(record, Record)]
    failed = sorted({record.attempt for record in records if isinstance(record.content, Failed)}, reverse=True)
    for attempt in failed:
        for record in records:
            if record.attempt == attempt and isinstance(record.content, JobAssigned):
                try:
                    answer = (await service.job(record.content.job_id)).answer
                except JobNotFound:
                    continue
                if answer.status is not JobStatus.FAILED:
                    return entry_of(story_id, _before_failure(records, attempt))
    return None


async def reopen(ledger: Ledger, story_id: str, attempt: int) -> bool:
    """Allow one more attempt at a story that failed as often as it may; False when somebody decided before."""
    decision = Operator(Decision.RESUBMIT, f"--retry-failed of run {ledger.run_id}", "its job failed, uncharged")
    return await ledger.file(ledger.record(story_id, attempt, decision))


def _before_failure(records: list[Record], attempt: int) -> list[Record]:
    """What was on record before the job of this attempt was reported as failed."""
    earlier = [record for record in records if record.attempt <= attempt]
    return [record for record in earlier if record.attempt < attempt or not isinstance(record.content, Failed)]
