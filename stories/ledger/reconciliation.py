"""The reconciler: finds the jobs of attempts in doubt, and explains each doubt that stays open.

See docs/protocol.md#reconciler. Safe at any time: beside senders that are alive or resume, and other reconcilers.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol

from stories.api.poll import JobAnswer, ListedJobs
from stories.api.wire import ListedJob, Profile
from stories.config import DoubtPolicy, LedgerConfig
from stories.errors import JobNotFound, LedgerDamaged, StoriesError, TransientError, UnexpectedAnswer
from stories.failpoints import Failpoint, failpoint
from stories.ledger.candidates import Candidate, Sight, UnsettledAttempt, candidate_of, unsettled_attempts
from stories.ledger.events import Absent, Content, Decision, JobAssigned, JobSource, Operator, Settling, poll_path_of
from stories.ledger.ledger import Ledger
from stories.ledger.open_doubts import (
    DoubtReason,
    OpenDoubt,
    balance_text,
    explained,
    open_doubt,
    storyboards,
    unexplained,
)
from stories.ledger.recovery import Recovery, recover_host
from stories.ledger.states import StoryState, SubmitState

_log = logging.getLogger(__name__)
_MOST_ASKED = 200
"""Most jobs that one reconcile polls; the listing is known to show about a hundred."""
_NO_JOB = (DoubtReason.SETTLING, DoubtReason.NOT_COVERED, DoubtReason.ABSENT)
_NO_DATE = datetime.max.replace(tzinfo=UTC)


class ServiceView(Protocol):
    """The reads of the service that the reconciler needs; `PollClient` implements them."""

    async def jobs(self) -> ListedJobs: ...

    async def job(self, job_id: str) -> JobAnswer: ...

    async def profile(self) -> Profile: ...


@dataclass(frozen=True)
class Adoption:
    """A job that was bound to its attempt."""

    story_id: str
    attempt: int
    job_id: str


@dataclass(frozen=True)
class Reconciliation:
    """The results of a reconcile, and the state of every story after it.

    `finished`: attempts that had claimed a job and were bound to it now. `resubmitted`: stories that the policy opened
    for one more attempt.
    """

    recovery: Recovery
    story_states: Mapping[str, StoryState]
    finished: int = 0
    adopted: tuple[Adoption, ...] = ()
    resubmitted: tuple[str, ...] = ()
    open_doubts: tuple[OpenDoubt, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Consent:
    """A person's consent for one reconcile.

    `may_adopt`: matching jobs may be adopted although another program may own them. `confirmed_by`: the person who
    confirms the resubmits of `resubmit_after_confirm`.
    """

    may_adopt: bool = False
    confirmed_by: str | None = None


NO_CONSENT = Consent()


async def reconcile(
    ledger: Ledger, service: ServiceView, config: LedgerConfig, consent: Consent = NO_CONSENT
) -> Reconciliation:
    """Resume the work of dead processes, bind jobs to their attempts, and explain the doubts that stay open.

    Calls the service only when there is a doubt. Raises the errors of the service and of the store; finished work is
    kept, and the next reconcile continues it.
    """
    recovery = await recover_host(ledger)
    story_states = await ledger.survey()
    if not any(story_state.unexplained for story_state in story_states.values()):
        return Reconciliation(recovery, story_states)
    finished = await ledger.finish_adoptions()
    search = _Search(ledger, service, config, consent)
    listed = await search.listing()
    failpoint(Failpoint.RECONCILE_LISTED)
    # After the listing: every listed job of this target has its intent here, and is not mistaken for another story's.
    story_states = await ledger.survey()
    for story_id, story_state in story_states.items():
        if story_state.unexplained or story_state.unsought:
            records = await ledger.records(story_id)
            search.waiting += unsettled_attempts(story_id, story_state.unexplained, records)
            search.unsought += unsettled_attempts(story_id, story_state.unsought, records)
    await search.run(listed)
    if search.adopted or search.resubmitted:
        story_states = await ledger.survey()
    return Reconciliation(
        recovery,
        story_states,
        finished,
        tuple(search.adopted),
        tuple(search.resubmitted),
        tuple(search.open_doubts),
        tuple(search.notes),
    )


@dataclass
class _Search:
    """One reconcile, from the listing on. `candidates` are the free jobs that no attempt in `waiting` received.

    Attempts in `unsought` need no job but may have led to a free one, which then must not go to a look-alike.
    """

    ledger: Ledger
    service: ServiceView
    config: LedgerConfig
    consent: Consent
    waiting: list[UnsettledAttempt] = field(default_factory=list)
    unsought: list[UnsettledAttempt] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    adopted: list[Adoption] = field(default_factory=list)
    resubmitted: list[str] = field(default_factory=list)
    open_doubts: list[OpenDoubt] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    left_to_ask: int = _MOST_ASKED

    async def listing(self) -> ListedJobs | None:
        """Return the recent jobs; None when the service's answer is not a listing."""
        try:
            return await self.service.jobs()
        except UnexpectedAnswer as exc:
            self.notes[f"the service's list of jobs cannot be read, so no job was searched for: {exc}"] = None
            return None

    async def run(self, listed: ListedJobs | None) -> None:
        """Place each job that may belong to an attempt, then explain each doubt that stays open."""
        if listed is None:
            doubts = [attempt for attempt in self.waiting if not attempt.is_resubmitted]
            self.open_doubts += [
                open_doubt(attempt, DoubtReason.NO_LISTING, "the jobs cannot be listed") for attempt in doubts
            ]
            return
        self.waiting.sort(key=lambda attempt: attempt.rank)
        for job in self._in_question(listed.listing.generations):
            if any(attempt.may_have_led_to(job) for attempt in self.waiting):
                await self._place(job)
        doubts = [attempt for attempt in self.waiting if not attempt.is_resubmitted]
        available_eur = await self._available_eur() if doubts else None
        for attempt in doubts:
            await self._explain(attempt, listed, available_eur)

    def _in_question(self, listed: list[ListedJob]) -> list[ListedJob]:
        """Return each job once that is listed or that the service named in a doubtful answer, oldest first."""
        named = [attempt.doubt.job_id for attempt in self.waiting if attempt.doubt is not None]
        jobs = {job_id: ListedJob(job_id=job_id) for job_id in named if job_id is not None}
        jobs |= {job.job_id: job for job in reversed(listed)}
        return sorted(jobs.values(), key=lambda job: (job.created_at or _NO_DATE, job.job_id))

    async def _place(self, job: ListedJob) -> None:
        """Give a free job to its attempt, or keep it as a candidate."""
        try:
            if await self.ledger.owner(job.job_id) is not None:
                return
            candidate = await self._look_at(job)
        except LedgerDamaged as exc:
            self.notes[str(exc)] = None
            candidate = Candidate(job, Sight.UNREADABLE)
        if not await self._is_given(candidate):
            self.candidates.append(candidate)

    async def _look_at(self, job: ListedJob) -> Candidate:
        if self.left_to_ask == 0:
            self.notes["not every job that may belong to a story was polled; reconcile again to continue"] = None
            return Candidate(job, Sight.UNREADABLE)
        self.left_to_ask -= 1
        try:
            return candidate_of(job, (await self.service.job(job.job_id)).answer)
        except (JobNotFound, UnexpectedAnswer) as exc:
            _log.warning("job %s is listed but cannot be polled: %s", job.job_id, exc)
        except TransientError as exc:
            self.left_to_ask = 0
            self.notes[f"the service stopped answering: {exc}"] = None
        return Candidate(job, Sight.UNREADABLE)

    async def _is_given(self, candidate: Candidate) -> bool:
        """Return True if the job has an owner now. Only attempts with the same storyboard are interchangeable."""
        matching = [attempt for attempt in self.waiting if candidate.matches(attempt)]
        if storyboards([*matching, *filter(candidate.matches, self.unsought)]) > 1:
            return False
        job_id = candidate.job.job_id
        job = JobAssigned(job_id, poll_path_of(job_id, None), JobSource.ADOPTED)
        for attempt in matching:
            if not self._may_adopt(attempt, candidate.job):
                continue
            failpoint(Failpoint.RECONCILE_BEFORE_ADOPTION)
            if await self.ledger.bind(attempt.story_id, attempt.attempt, job):
                failpoint(Failpoint.RECONCILE_ADOPTED)
                _log.info("story %s attempt %d is job %s: adopted", attempt.story_id, attempt.attempt, job_id)
                self.adopted.append(Adoption(attempt.story_id, attempt.attempt, job_id))
                self._settle(attempt)
                return True
            if await self.ledger.owner(job_id) is not None:
                return True
            self._settle(attempt)  # the job is still free: the attempt was bound to another one meanwhile
        return False

    def _may_adopt(self, attempt: UnsettledAttempt, job: ListedJob) -> bool:
        if attempt.is_named(job) or self.consent.may_adopt:
            return True
        return self.config.account_exclusive and attempt.is_dated(job)

    def _settle(self, settled: UnsettledAttempt) -> None:
        of_the_story = [attempt for attempt in self.waiting if attempt.story_id == settled.story_id]
        self.waiting = [attempt for attempt in self.waiting if attempt.story_id != settled.story_id]
        self.unsought += [attempt for attempt in of_the_story if attempt != settled]

    async def _available_eur(self) -> Decimal | None:
        try:
            return (await self.service.profile()).available_eur
        except StoriesError as exc:
            _log.warning("the balance cannot be read: %s", exc)
            return None

    async def _explain(self, attempt: UnsettledAttempt, listed: ListedJobs, available_eur: Decimal | None) -> None:
        entry = await self.ledger.entry(attempt.story_id)
        if (entry.state, entry.attempt) != (SubmitState.IN_DOUBT, attempt.attempt):
            return  # another process settled it meanwhile
        attempt = await self._settling(attempt, listed.server_date)
        finding = explained(attempt, self.candidates, [*self.waiting, *self.unsought]) or unexplained(
            attempt, listed, settling_seconds=self.config.settling_seconds, listing_cap=self.config.listing_cap
        )
        if finding.why in _NO_JOB:
            finding = replace(finding, message=f"{finding.message}{balance_text(attempt, available_eur)}")
        if finding.why is DoubtReason.ABSENT and attempt.absent is None and listed.server_date is not None:
            await self._file(attempt, Absent(listed.server_date, finding.message))
        if not await self._is_resubmitted(attempt, finding):
            self.open_doubts.append(finding)
        failpoint(Failpoint.RECONCILE_JUDGED)

    async def _settling(self, attempt: UnsettledAttempt, server_date: datetime | None) -> UnsettledAttempt:
        """Return the attempt with the server time at which its send had definitely ended; record it if missing."""
        if attempt.settling is not None or attempt.doubt is None or attempt.doubt.accepted or server_date is None:
            return attempt
        settling = Settling(server_date)
        await self._file(attempt, settling)
        return replace(attempt, settling=settling)

    async def _is_resubmitted(self, attempt: UnsettledAttempt, finding: OpenDoubt) -> bool:
        """Resubmit the story if the policy, or the person who confirms, allows it; True if no decision existed."""
        policy, confirmed_by = self.config.doubt_policy, self.consent.confirmed_by
        is_proven = policy is DoubtPolicy.RESUBMIT_IF_ABSENT_PROVEN and finding.why is DoubtReason.ABSENT
        is_confirmed = policy is DoubtPolicy.RESUBMIT_AFTER_CONFIRM and finding.why in (
            DoubtReason.ABSENT,
            DoubtReason.NOT_COVERED,
        )
        if not is_proven and not (is_confirmed and confirmed_by):
            return False
        decided_by = f"{policy} by {self.ledger.worker}" if is_proven else f"{confirmed_by} ({policy})"
        if not await self._file(attempt, Operator(Decision.RESUBMIT, decided_by, finding.message)):
            return False
        self.resubmitted.append(attempt.story_id)
        return True

    async def _file(self, attempt: UnsettledAttempt, content: Content) -> bool:
        return await self.ledger.file(self.ledger.record(attempt.story_id, attempt.attempt, content))
