"""The sender: it records an intent before a send and an outcome after it, and sends each attempt at most once."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from stories.api.http_errors import LONGEST_RETRY_AFTER_SECONDS
from stories.api.submit import SendReport
from stories.api.wire import JobStatus
from stories.errors import JobNotFound, SpoolUnusable, StorageUnavailable, StoriesError, TargetUnusable
from stories.failpoints import Failpoint, failpoint
from stories.ledger.decisions import Outcome, RunAction, Verdict, decide
from stories.ledger.entry import JOB_NOT_RECORDED, Damaged, LedgerEntry, entry_of
from stories.ledger.events import Content, Doubt, Failed, Intent, JobAssigned, JobSource, Rejected, Void, poll_path_of
from stories.ledger.ledger import Ledger
from stories.ledger.reconciliation import ServiceView
from stories.ledger.records import Record
from stories.ledger.recovery import owned_elsewhere
from stories.ledger.spool import SpooledJob
from stories.ledger.states import SubmitState
from stories.storyboards.story import Story

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class Submitter(Protocol):
    """A client that sends a storyboard once and reports the result; `SubmitClient` implements it."""

    async def send(
        self, body: bytes, *, idempotency_key: str | None, before_first_byte: Callable[[], Awaitable[None]]
    ) -> SendReport:
        """Send once and return a report, also after errors of the network or the service.

        Awaits `before_first_byte` right before the first byte. When it raises, no byte leaves, and its error is raised.
        """
        ...

    def hurry(self) -> None:
        """Wait only some seconds more for the answers under way, because the process ends."""
        ...


@dataclass(frozen=True)
class Baseline:
    """The jobs, the time and the balance that the service showed before this process sent anything."""

    job_ids: tuple[str, ...]
    server_date: datetime | None
    balance_eur: Decimal | None


async def read_baseline(service: ServiceView) -> Baseline:
    """Read jobs, time and balance from the service; success proves a reachable service and a valid key."""
    listed = await service.jobs()
    profile = await service.profile()
    job_ids = tuple(job.job_id for job in listed.listing.generations)
    return Baseline(job_ids, listed.server_date, profile.available_eur)


@dataclass(frozen=True)
class Submission:
    """The state of a story after a submit, and the next action of the run.

    `sent`: this call opened the attempt and passed it to the client; False also when another process was first.
    """

    entry: LedgerEntry
    run_action: RunAction
    retry_after_seconds: float | None
    sent: bool


class StorySender:
    """Sends stories, each attempt once and only from the call that created its intent (Rule 1)."""

    def __init__(
        self, ledger: Ledger, client: Submitter, *, baseline: Baseline, send_idempotency_key: bool = True
    ) -> None:
        if ledger.spool is None:
            raise ValueError("nothing may be sent without a spool")
        self._ledger = ledger
        self._spool = ledger.spool
        self._client = client
        self._baseline = baseline
        self._send_idempotency_key = send_idempotency_key
        self._is_ending = False

    async def submit(self, story: Story, *, price_eur: Decimal) -> Submission:
        """Send the story if Rule 2 allows an attempt now, and record the outcome.

        After a cancellation of the caller, a send that has not begun does not begin, and one under way waits some
        seconds for its answer; the cancellation is raised only when the outcome is recorded (fact F4). Raises the
        errors of the store before anything is sent; after the send, the outcome is returned even if the store does not
        accept it. Before a failed story is sent again, the caller must poll its old job once more (`revived`).
        """
        known = await self._ledger.records(story.story_id)
        entry = entry_of(story.story_id, known)
        if entry.next_attempt is None:
            return Submission(entry, RunAction.GO_ON, None, sent=False)
        return await _to_its_end(self._attempt(story, known, entry.next_attempt, price_eur), on_cancel=self._end)

    def _end(self) -> None:
        self._is_ending = True
        self._client.hurry()

    async def _attempt(
        self, story: Story, known: tuple[Record | Damaged, ...], attempt: int, price_eur: Decimal
    ) -> Submission:
        intent = self._intent(story, attempt, price_eur)
        # Only this call knows the nonce of this record, so no other call can take the record for its own (Rule 1).
        record = self._ledger.record(story.story_id, attempt, intent)
        failpoint(Failpoint.SUBMIT_BEFORE_INTENT)
        if not await self._ledger.file(record):
            return Submission(await self._ledger.entry(story.story_id), RunAction.GO_ON, None, sent=False)
        failpoint(Failpoint.SUBMIT_INTENDED)
        opened = _Opened(story.story_id, attempt, (*known, record))
        idempotency_key = intent.idempotency_key if self._send_idempotency_key else None
        try:
            report = await self._client.send(
                story.body,
                idempotency_key=idempotency_key,
                before_first_byte=lambda: self._before_first_byte(story.story_id, attempt),
            )
        except SpoolUnusable as exc:
            return await self._conclude(opened, Void("spool_unusable", str(exc)), RunAction.STOP_RUN, sent=False)
        except _RunEnded as exc:
            return await self._conclude(opened, Void("run_ended", str(exc)), RunAction.TRIP_BREAKER, sent=False)
        failpoint(Failpoint.SUBMIT_ANSWERED)
        verdict = decide(report)
        if verdict.outcome is Outcome.ACCEPTED and report.job_id is not None:
            return await self._accept(opened, report, report.job_id)
        submission = await self._conclude(opened, _content(verdict, report), verdict.run_action)
        _log.warning("story %s attempt %d: %s: %s", story.story_id, attempt, verdict.reason, report.message)
        return replace(submission, retry_after_seconds=_retry_after_seconds(report))

    async def _before_first_byte(self, story_id: str, attempt: int) -> None:
        """Write the spool line (Rule 7) as late as possible: a kill while connecting then allows a resend."""
        await self._spool.sending(story_id, attempt)
        failpoint(Failpoint.SUBMIT_LINE_WRITTEN)
        if self._is_ending:
            raise _RunEnded("the run was ended before the story was sent")

    async def _accept(self, opened: "_Opened", report: SendReport, job_id: str) -> Submission:
        """Record the job (Rule 4): synced spool line, log line, `.own`, `.job`; each survives the loss of the next."""
        job = JobAssigned(job_id, poll_path_of(job_id, report.poll_url), JobSource.RESPONSE)
        run_action = RunAction.GO_ON
        try:
            await self._spool.accepted(SpooledJob(opened.story_id, opened.attempt, job_id, job.poll_path))
        except SpoolUnusable as exc:
            _log.critical("%s", exc)
            run_action = RunAction.STOP_RUN
        failpoint(Failpoint.SUBMIT_SPOOLED)
        _log.info("story %s attempt %d is job %s", opened.story_id, opened.attempt, job_id)
        if report.http_status != 202:
            _log.warning("job %s was accepted with HTTP %s instead of 202", job_id, report.http_status)
        try:
            is_bound = await self._ledger.bind(opened.story_id, opened.attempt, job)
        except (StorageUnavailable, TargetUnusable) as exc:
            return self._unrecorded(opened, job_id, exc)
        if not is_bound:
            return await self._contest(opened, job)
        record = self._ledger.record(opened.story_id, opened.attempt, job)
        return Submission(opened.entry_with(record), run_action, None, sent=True)

    def _unrecorded(self, opened: "_Opened", job_id: str, error: StoriesError) -> Submission:
        """Stop the run; the story is not followed, because the job may be another story's: a claim decides (Rule 4)."""
        message = f"job {job_id} is not on the target; the next run on this machine reads it from its spool: {error}"
        _log.critical("%s", message)
        entry = replace(opened.entry_with(), reason=JOB_NOT_RECORDED, message=message)
        return Submission(entry, RunAction.STOP_RUN, None, sent=True)

    async def _contest(self, opened: "_Opened", job: JobAssigned) -> Submission:
        """Record a doubt and stop the run, as another story owns the job; go on if this one was bound to its job."""
        submission = await self._conclude(opened, owned_elsewhere(job), RunAction.STOP_RUN)
        try:
            entry = await self._ledger.entry(opened.story_id)
        except (StorageUnavailable, TargetUnusable) as exc:
            _log.error("story %s attempt %d: its records cannot be read: %s", opened.story_id, opened.attempt, exc)
            return submission
        settled = entry.state is SubmitState.ACCEPTED
        return replace(submission, entry=entry, run_action=RunAction.GO_ON if settled else RunAction.STOP_RUN)

    async def _conclude(
        self, opened: "_Opened", content: Content, run_action: RunAction, *, sent: bool = True
    ) -> Submission:
        """Record the outcome. If the target does not accept it, stop the run; the intent then counts as a doubt."""
        record = self._ledger.record(opened.story_id, opened.attempt, content)
        try:
            await self._ledger.file(record)
            failpoint(Failpoint.SUBMIT_CONCLUDED)
        except (StorageUnavailable, TargetUnusable) as exc:
            _log.error("story %s attempt %d: the outcome is not recorded: %s", opened.story_id, opened.attempt, exc)
            run_action = RunAction.STOP_RUN
        return Submission(opened.entry_with(record), run_action, None, sent)

    def _intent(self, story: Story, attempt: int, price_eur: Decimal) -> Intent:
        ledger = self._ledger
        return Intent(
            run_id=ledger.run_id,
            worker=ledger.worker,
            host=ledger.host,
            spool_id=self._spool.spool_id,
            body_sha256=story.storyboard_sha256,
            prompts_fingerprint=story.prompts_fingerprint,
            scenes_total=len(story.storyboard.scenes),
            idempotency_key=str(uuid.uuid5(uuid.UUID(ledger.target_id), f"{story.story_id}/{attempt}")),
            baseline_job_ids=self._baseline.job_ids,
            server_date=self._baseline.server_date,
            balance_eur=self._baseline.balance_eur,
            price_max_eur=price_eur,
            untitled_fingerprint=story.untitled_fingerprint,
        )


async def revived(ledger: Ledger, service: ServiceView, story_id: str) -> LedgerEntry | None:
    """Return the entry of the latest job that was failed on record but is not failed now; None without such a job.

    Callers check this before they send a failed story again, and before they give it up. The record of the failure
    stays, so the check is repeated after a crash. Raises the errors of the service; nothing may be sent after them.
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


class _RunEnded(StoriesError):
    """The run has ended, so that no further send begins."""


@dataclass(frozen=True)
class _Opened:
    """An attempt whose intent this process created, with all records of the story up to that intent."""

    story_id: str
    attempt: int
    known: tuple[Record | Damaged, ...]

    def entry_with(self, *outcome: Record) -> LedgerEntry:
        return entry_of(self.story_id, (*self.known, *outcome))


def _content(verdict: Verdict, report: SendReport) -> Void | Rejected | Doubt:
    fields = "; ".join(f"{field}: {reason}" for field, reason in report.details.items())
    message = f"{report.message} ({fields})" if fields else report.message
    if verdict.outcome is Outcome.VOID:
        return Void(verdict.reason, message, report.http_status)
    if verdict.outcome is Outcome.REJECTED:
        return Rejected(verdict.reason, message, report.http_status, report.code)
    return Doubt(
        verdict.reason, message, report.bytes_sent, report.http_status, accepted=verdict.accepted, job_id=report.job_id
    )


def _retry_after_seconds(report: SendReport) -> float | None:
    seconds = report.retry_after_seconds
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)


async def _to_its_end(step: Coroutine[Any, Any, _Result], *, on_cancel: Callable[[], None]) -> _Result:
    """Await the step; report a cancellation meanwhile to `on_cancel`, and raise it when the step is done."""
    task = asyncio.create_task(step)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as exc:
            cancelled = exc
            on_cancel()
    if cancelled is None:
        return task.result()
    if not task.cancelled() and (failure := task.exception()) is not None:
        _log.error("the submit that was under way failed: %s", failure)
    raise cancelled


def _before_failure(records: list[Record], attempt: int) -> list[Record]:
    """Return the records from before this attempt's job was reported as failed."""
    earlier = [record for record in records if record.attempt <= attempt]
    return [record for record in earlier if record.attempt < attempt or not isinstance(record.content, Failed)]
