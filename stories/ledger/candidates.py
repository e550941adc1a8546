"""Attempts of which nobody knows what came of them, jobs that nobody owns, and which of these may be which of those."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from stories.api.wire import JobStatus, ListedJob, PollAnswer
from stories.ledger.entry import Damaged
from stories.ledger.events import Absent, Doubt, Intent, Operator, Settling
from stories.ledger.records import Record
from stories.storyboards.story import fingerprint_of
from stories.strict_json import JsonDocumentError

CLOCK_SKEW = timedelta(seconds=2)
"""How far two readings of the service's own clock, a `Date` and a `created_at`, may be apart for one moment."""


@dataclass(frozen=True)
class UnsettledAttempt:
    """An attempt without outcome. Without a `doubt` its sender may live, and may yet send.

    `is_resubmitted`: a person had the story sent again; its job is still looked for, for it saves paying twice.
    """

    story_id: str
    attempt: int
    intent: Intent
    doubt: Doubt | None = None
    settling: Settling | None = None
    absent: Absent | None = None
    is_resubmitted: bool = False

    @property
    def rank(self) -> tuple[bool, float, str, int]:
        """The order in which twins are given jobs, the same for everybody: who may still send comes last."""
        sent_after = self.intent.server_date.timestamp() if self.intent.server_date is not None else 0.0
        return self.doubt is None, sent_after, self.story_id, self.attempt

    def is_named(self, job: ListedJob) -> bool:
        """Whether the service itself named the job in its answer to this attempt."""
        return self.doubt is not None and self.doubt.job_id == job.job_id

    def is_dated(self, job: ListedJob) -> bool:
        """Whether job and attempt can be held against each other by the service's clock."""
        return job.created_at is not None and self.intent.server_date is not None

    def may_have_led_to(self, job: ListedJob) -> bool:
        """Whether the job was not there before the attempt, as far as the service's clock and listing tell."""
        if self.is_named(job):
            return True
        if job.job_id in self.intent.baseline_job_ids:
            return False
        since = self.intent.server_date
        return job.created_at is None or since is None or job.created_at >= since - CLOCK_SKEW


def unsettled_attempts(
    story_id: str, attempts: Iterable[int], records: Iterable[Record | Damaged]
) -> list[UnsettledAttempt]:
    """These attempts of the story, by all of its records."""
    found: dict[int, dict[type, object]] = {attempt: {} for attempt in attempts}
    for record in records:
        if isinstance(record, Record) and record.attempt in found:
            found[record.attempt][type(record.content)] = record.content
    unexplained = []
    for attempt, contents in found.items():
        intent, doubt = contents.get(Intent), contents.get(Doubt)
        settling, absent = contents.get(Settling), contents.get(Absent)
        if isinstance(intent, Intent):
            unexplained.append(
                UnsettledAttempt(
                    story_id,
                    attempt,
                    intent,
                    doubt if isinstance(doubt, Doubt) else None,
                    settling if isinstance(settling, Settling) else None,
                    absent if isinstance(absent, Absent) else None,
                    is_resubmitted=Operator in contents,
                )
            )
    return unexplained


class Sight(StrEnum):
    """What is seen of a job: only a whole answer can be compared, and a failed job shows nothing, ever."""

    WHOLE = "whole"
    RUNNING = "running"
    FAILED = "failed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Candidate:
    """A job that nobody owns, as it was seen; the fingerprints are of a whole answer, `titled` if it has a title."""

    job: ListedJob
    sight: Sight
    scenes_total: int | None = None
    titled_fingerprint: str | None = None
    untitled_fingerprint: str | None = None

    def matches(self, attempt: UnsettledAttempt) -> bool:
        """Whether the answer is that of the attempt's storyboard, as far as prompts and title tell."""
        if self.sight is not Sight.WHOLE or not self.may_be(attempt):
            return False
        sent = attempt.intent.prompts_fingerprint
        if self.titled_fingerprint is None and self.untitled_fingerprint == attempt.intent.untitled_fingerprint:
            return True
        return sent in (self.titled_fingerprint, self.untitled_fingerprint)

    def may_be(self, attempt: UnsettledAttempt) -> bool:
        """Whether nothing proves that the job is not the attempt's."""
        intent = attempt.intent
        if not attempt.may_have_led_to(self.job) or self.scenes_total not in (None, intent.scenes_total):
            return False
        if self.sight is not Sight.WHOLE or self.scenes_total is None:
            return True
        # A title that the service changed or left out rules nothing out.
        is_untold = not intent.untitled_fingerprint and self.titled_fingerprint is None
        sent = (intent.prompts_fingerprint, intent.untitled_fingerprint)
        return is_untold or self.untitled_fingerprint in sent or self.titled_fingerprint in sent


def candidate_of(job: ListedJob, answer: PollAnswer) -> Candidate:
    """What an answer shows of a job; a completed one is whole when every scene comes with its prompt."""
    total = answer.scenes_total if (answer.scenes_total or 0) > 0 else None
    if answer.status is JobStatus.FAILED:
        return Candidate(job, Sight.FAILED, total)
    if answer.status is not JobStatus.COMPLETED:
        return Candidate(job, Sight.RUNNING, total)
    scenes = answer.result.scenes if answer.result is not None else []
    prompts = [scene.prompt for scene in scenes if scene is not None and scene.prompt is not None]
    if not prompts or len(prompts) != len(scenes) or total not in (None, len(prompts)):
        return Candidate(job, Sight.UNREADABLE, total)
    title = answer.result.title if answer.result is not None else None
    try:
        titled = fingerprint_of(prompts, title) if title else None
        return Candidate(job, Sight.WHOLE, total, titled, fingerprint_of(prompts, None))
    except JsonDocumentError:
        return Candidate(job, Sight.UNREADABLE, total)


def reaches_back(listed: Sequence[ListedJob], server_date: datetime, *, known_cap: int | None) -> bool:
    """Whether a listing certainly shows every job that was created since then: recent jobs only, it may leave out some.

    It does when it shows an older one, or fewer than it would ever show; an empty listing proves nothing by itself.
    """
    dates = [job.created_at for job in listed if job.created_at is not None]
    is_older = bool(dates) and min(dates) < server_date - CLOCK_SKEW
    return is_older or (known_cap is not None and len(listed) < known_cap)
