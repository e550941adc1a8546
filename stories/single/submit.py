"""The submit of a single story, if the ledger of its directory allows it; otherwise an error with the reason."""

import asyncio
from collections.abc import Awaitable, Callable

from stories.api.http_errors import api_error
from stories.api.session import ApiSession
from stories.api.submit import SendReport, SubmitClient
from stories.api.wire import ErrorBody, JobStatus
from stories.config import RunConfig
from stories.errors import (
    ApiRefusal,
    ConnectionLost,
    JobNotFound,
    OutcomeUnknown,
    SpoolUnusable,
    StoriesError,
)
from stories.ledger.entry import JOB_NOT_RECORDED, LedgerEntry
from stories.ledger.events import Intent
from stories.ledger.prices import PriceList
from stories.ledger.records import Record
from stories.ledger.send import Baseline, StorySender, read_baseline
from stories.ledger.states import SubmitState
from stories.single.folder import StoryFolder
from stories.single.progress import Stage, StoryProgress
from stories.storyboards.story import Story

_MOST_JOBS_NAMED = 5


class SingleSubmit:
    """The submit of one story, at most once."""

    def __init__(self, folder: StoryFolder, session: ApiSession, config: RunConfig, progress: StoryProgress) -> None:
        self._folder = folder
        self._session = session
        self._polls = session.polls
        self._config = config
        self._progress = progress

    async def accepted(self, story: Story, baseline: Baseline | None) -> LedgerEntry:
        """Return the entry of the story with its job, which is an earlier one or is submitted now.

        Reads the baseline if a submit needs one and it is None. Raises the refusal of the service, `ConnectionLost`
        when nothing was sent, `OutcomeUnknown` for an earlier or a new doubt, and `TargetUnusable` for images of an
        unknown story.
        """
        entry = await self._folder.ledger.entry(story.story_id)
        if entry.state is SubmitState.FAILED and await self._has_recovered(entry):
            return entry
        if entry.next_attempt is not None:
            self._folder.refuse_foreign_images()
            entry = await self._send(story, baseline or await read_baseline(self._polls))
        if entry.state is SubmitState.ACCEPTED:
            return entry
        if entry.state in (SubmitState.REJECTED, SubmitState.EXHAUSTED):
            raise _refused_before(entry)
        raise await self._doubt(entry)

    async def _send(self, story: Story, baseline: Baseline) -> LedgerEntry:
        client = _ReportingClient(self._session.submits)
        submissions = StorySender(
            self._folder.ledger,
            client,
            baseline=baseline,
            send_idempotency_key=self._config.api.idempotency_key,
        )
        price_eur = PriceList.of((), self._config.money.price_per_image_eur).price_eur(story)
        self._progress.reach(Stage.SENDING)
        try:
            entry = (await submissions.submit(story, price_eur=price_eur)).entry
        except asyncio.CancelledError:  # the submit has ended nevertheless
            self._note(await self._folder.ledger.entry(story.story_id))
            raise
        self._note(entry)
        if self._progress.stage is Stage.UNSENT:
            raise _refusal(client.report, entry)
        return entry

    def _note(self, entry: LedgerEntry) -> None:
        match entry.state:
            case SubmitState.ACCEPTED:
                self._progress.reach(Stage.RUNNING, job_id=entry.job_id)
            case SubmitState.IN_DOUBT | SubmitState.HELD:
                pass
            case _:
                self._progress.reach(Stage.UNSENT)

    async def _has_recovered(self, entry: LedgerEntry) -> bool:
        """Return True if the failed job is no longer failed: it is polled once more before another send (Rule 2)."""
        try:
            answer = await self._polls.job(entry.job_id or "")
        except JobNotFound:
            return False
        return answer.answer.status is not JobStatus.FAILED

    async def _doubt(self, entry: LedgerEntry) -> OutcomeUnknown:
        if entry.reason == JOB_NOT_RECORDED:
            return OutcomeUnknown(f"the service accepted this story, but {entry.message}. Run the same command again")
        found = await self._newer_jobs(entry)
        return OutcomeUnknown(
            f"it is not known whether the service accepted this story ({entry.reason or entry.state}: "
            f"{entry.message or 'no answer was recorded'}). It may be running there and be charged, so it is not sent "
            f"again from {self._folder.root}. {found}"
        )

    async def _newer_jobs(self, entry: LedgerEntry) -> str:
        """Return a text on the jobs that the service lists now and did not list before the send; best effort."""
        known: set[str] = set()
        for record in await self._folder.ledger.records(entry.story_id):
            if isinstance(record, Record) and isinstance(record.content, Intent):
                known.update(record.content.baseline_job_ids)
        try:
            listed = (await self._polls.jobs()).listing.generations
        except StoriesError as exc:
            return f"Its recent jobs cannot be listed now ({exc}); run the same command again later."
        newer = [f"{job.job_id} ({job.status})" for job in listed if job.job_id not in known][:_MOST_JOBS_NAMED]
        if newer:
            return (
                f"Newer jobs of this key: {', '.join(newer)}. If one of them is this story, fetch it with: "
                "depicta story status JOB_ID -d ANOTHER_DIRECTORY"
            )
        return (
            "The service lists no newer job, which proves nothing yet: run the same command again later. With another "
            "directory (-d) the story is sent again and may be charged twice."
        )


class _ReportingClient:
    """A submit client that keeps the report of its send, for the details and the wait that no ledger record holds."""

    def __init__(self, client: SubmitClient) -> None:
        self._client = client
        self.report: SendReport | None = None

    async def send(
        self, body: bytes, *, idempotency_key: str | None, before_first_byte: Callable[[], Awaitable[None]]
    ) -> SendReport:
        self.report = await self._client.send(
            body, idempotency_key=idempotency_key, before_first_byte=before_first_byte
        )
        return self.report

    def hurry(self) -> None:
        self._client.hurry()


def _refusal(report: SendReport | None, entry: LedgerEntry) -> StoriesError:
    if report is None:
        return SpoolUnusable(f"{entry.message}; nothing was sent")
    if report.http_status is None:
        return ConnectionLost(f"{report.message}; nothing was sent")
    body = None
    if report.code is not None:
        body = ErrorBody(
            error=report.code, message=report.message, details=dict(report.details), balance_eur=report.balance_eur
        )
    return api_error(report.http_status, body, retry_after_seconds=report.retry_after_seconds)


def _refused_before(entry: LedgerEntry) -> StoriesError:
    """Return the error of a story that is not sent again: it was refused for good, or failed three times."""
    reason = entry.reason or entry.state.value
    message = f"{entry.message or reason} (answer to an earlier submit; nothing was sent: the answer would be the same)"
    if entry.state is SubmitState.REJECTED:
        return api_error(entry.http_status or 422, ErrorBody(error=reason, message=message))
    return ApiRefusal(message, http_status=200, code=reason)
