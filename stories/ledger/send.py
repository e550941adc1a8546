"""The one place that sends: an intent before, a definite record after, and never a second send of an attempt."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from stories.api.submit import SendReport
from stories.api.wire import JobStatus
from stories.errors import JobNotFound, SpoolUnusable, StorageUnavailable, StoriesError, TargetUnusable
from stories.failpoints import Failpoint, failpoint
from stories.ledger.decisions import Outcome, RunAction, Verdict, decide
from stories.ledger.entry import Damaged, LedgerEntry, entry_of
from stories.ledger.events import Content, Doubt, Failed, Intent, JobAssigned, JobSource, Rejected, Void, poll_path_of
from stories.ledger.ledger import Ledger
from stories.ledger.reconciliation import ServiceView
from stories.ledger.records import Record
from stories.ledger.recovery import owned_elsewhere
from stories.ledger.spool import SpooledJob
from stories.ledger.states import SubmitState
from stories.storyboards.story import Story

_log = logging.getLogger(__name__)
_LONGEST_RETRY_AFTER_SECONDS = 300.0
_Result = TypeVar("_Result")


class Submitter(Protocol):
    """Sends a storyboard once and reports what it saw; `SubmitClient` is the real one."""

    async def send(
        self, body: bytes, *, idempotency_key: str | None, before_first_byte: Callable[[], Awaitable[None]]
    ) -> SendReport:
        """Raises nothing for trouble of the network or the service.

        Awaits `before_first_byte` right before the first byte; what that raises is raised, and no byte leaves.
        """
        ...

    def hurry(self) -> None:
        """The process is to end: an answer that is not here within seconds is not waited for."""
        ...


@dataclass(frozen=True)
class Baseline:
    """What the service said before this process sent anything: its jobs, its clock, the balance."""

    job_ids: tuple[str, ...]
    server_date: datetime | None
    balance_eur: Decimal | None


async def read_baseline(service: ServiceView) -> Baseline:
    """Read jobs, clock and balance from the service; proves that it can be reached and that the key is good."""
    listed = await service.jobs()
    profile = await service.profile()
    job_ids = tuple(job.job_id for job in listed.listing.generations)
    return Baseline(job_ids, listed.server_date, profile.available_eur)


@dataclass(frozen=True)
class Submission:
    """Where the story stands after a submit, and what the run does next.

    `sent`: this call opened the attempt and handed it to the client; False also when another process was first.
    """

    entry: LedgerEntry
    run_action: RunAction
    retry_after_seconds: float | None
    sent: bool


class StorySender:
    """Sends stories, each attempt once and only by whoever created its intent (Rule 1)."""

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
        """Send the story if Rule 2 allows an attempt now, and record what came of it.

        Once it has begun, a cancellation of the caller is honoured only when the outcome is recorded (fact F4); what
        has not left by then does not leave any more, and an answer is waited for some seconds. Raises what the store
        raises, before anything is sent; afterwards the outcome is returned even if the store does not take it. Whoever
        sends a failed story again polls its old job once more before.
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
        # The nonce of this record is in no other place: only the call that made it can find it to be its own (Rule 1).
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
        """Rule 7, as late as can be: who is killed while it connects leaves a story that may be sent again."""
        await self._spool.sending(story_id, attempt)
        failpoint(Failpoint.SUBMIT_LINE_WRITTEN)
        if self._is_ending:
            raise _RunEnded("the run was told to end before it was sent")

    async def _accept(self, opened: "_Opened", report: SendReport, job_id: str) -> Submission:
        """Rule 4: the synced spool line, the log line, `.own`, `.job`; each survives the loss of those after it."""
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
            if not await self._ledger.bind(opened.story_id, opened.attempt, job):
                return await self._contest(opened, job)
        except (StorageUnavailable, TargetUnusable) as exc:
            _log.critical("job %s is not in the ledger; the next run here takes it from the spool: %s", job_id, exc)
            run_action = RunAction.STOP_RUN
        record = self._ledger.record(opened.story_id, opened.attempt, job)
        return Submission(opened.entry_with(record), run_action, None, sent=True)

    async def _contest(self, opened: "_Opened", job: JobAssigned) -> Submission:
        """The job is another story's: doubt, and stop, unless this story was given the other's job meanwhile."""
        submission = await self._conclude(opened, owned_elsewhere(job), RunAction.STOP_RUN)
        entry = await self._ledger.entry(opened.story_id)
        settled = entry.state is SubmitState.ACCEPTED
        return replace(submission, entry=entry, run_action=RunAction.GO_ON if settled else RunAction.STOP_RUN)

    async def _conclude(
        self, opened: "_Opened", content: Content, run_action: RunAction, *, sent: bool = True
    ) -> Submission:
        """Record the outcome. A target that does not take it stops the run; the intent then stands for a doubt."""
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


class _RunEnded(StoriesError):
    """Nothing leaves any more."""


@dataclass(frozen=True)
class _Opened:
    """An attempt whose intent is ours, with all records of the story up to it."""

    story_id: str
    attempt: int
    known: tuple[Record | Damaged, ...]

    def entry_with(self, outcome: Record) -> LedgerEntry:
        return entry_of(self.story_id, (*self.known, outcome))


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
    return None if seconds is None else min(max(seconds, 0.0), _LONGEST_RETRY_AFTER_SECONDS)


async def _to_its_end(step: Coroutine[Any, Any, _Result], *, on_cancel: Callable[[], None]) -> _Result:
    """Await the step; a cancellation that comes meanwhile is told, and raised when the step is done."""
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
    """What was on record before the job of this attempt was reported as failed."""
    earlier = [record for record in records if record.attempt <= attempt]
    return [record for record in earlier if record.attempt < attempt or not isinstance(record.content, Failed)]
