"""Open doubts: for each, a job that may explain it, or the proof that there is no such job. No I/O."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from stories.api.poll import ListedJobs
from stories.ledger.candidates import Candidate, Sight, UnsettledAttempt, reaches_back


class DoubtReason(StrEnum):
    """The reasons for an open doubt: the first six are about a candidate job, the others about the absence of one."""

    CONSENT_NEEDED = "consent_needed"
    AMBIGUOUS = "candidates_ambiguous"
    RUNNING = "candidate_running"
    UNREADABLE = "candidate_unreadable"
    FAILED = "candidate_failed"
    NO_LISTING = "no_listing"
    SENDER_UNKNOWN = "sender_unknown"
    ACCEPTED = "accepted"
    NO_CLOCK = "no_server_clock"
    SETTLING = "settling"
    NOT_COVERED = "listing_too_short"
    ABSENT = "absent_proven"


@dataclass(frozen=True)
class OpenDoubt:
    """The findings on a doubt that stays open; `message` is for people."""

    story_id: str
    attempt: int
    why: DoubtReason
    message: str


def open_doubt(attempt: UnsettledAttempt, why: DoubtReason, message: str) -> OpenDoubt:
    """Return an open doubt of this attempt."""
    return OpenDoubt(attempt.story_id, attempt.attempt, why, message)


def storyboards(attempts: Iterable[UnsettledAttempt]) -> int:
    """Count the storyboards of these attempts by body, as equal fingerprints may hide different styles."""
    return len({attempt.intent.body_sha256 for attempt in attempts})


def explained(
    attempt: UnsettledAttempt, candidates: Iterable[Candidate], waiting: Iterable[UnsettledAttempt]
) -> OpenDoubt | None:
    """Return the finding on the likeliest candidate job; None when every candidate is ruled out."""
    possible = [candidate for candidate in candidates if candidate.may_be(attempt)]
    for candidate in possible:
        if candidate.matches(attempt):
            job = f"job {candidate.job.job_id} shows this story's prompts"
            if storyboards(other for other in waiting if candidate.matches(other)) > 1:
                message = f"{job} and those of another storyboard in doubt; nothing shows which it belongs to"
                return open_doubt(attempt, DoubtReason.AMBIGUOUS, message)
            return open_doubt(
                attempt, DoubtReason.CONSENT_NEEDED, f"{job}; another program may have sent it, so a person must agree"
            )
    for sight, why, words in _POSSIBLE:
        job_id = next((candidate.job.job_id for candidate in possible if candidate.sight is sight), None)
        if job_id is not None:
            return open_doubt(attempt, why, f"candidate job {job_id} {words}")
    return None


_POSSIBLE = (
    (Sight.RUNNING, DoubtReason.RUNNING, "is still running; the next reconcile checks it again"),
    (Sight.UNREADABLE, DoubtReason.UNREADABLE, "cannot be compared with the story"),
    (Sight.WHOLE, DoubtReason.UNREADABLE, "resembles the story, but the match is not certain"),
    (Sight.FAILED, DoubtReason.FAILED, "failed, uncharged; it does not show if it was this story"),
)


def unexplained(
    attempt: UnsettledAttempt, listed: ListedJobs, *, settling_seconds: float, listing_cap: int | None
) -> OpenDoubt:
    """Return the state of the proof that no job exists, when none is seen (Rule 5: it is evidence, not permission)."""
    if attempt.doubt is None:
        message = f"no job is seen, but {attempt.intent.worker} may be alive and may still send the story"
        return open_doubt(attempt, DoubtReason.SENDER_UNKNOWN, message)
    if attempt.doubt.accepted:
        return open_doubt(
            attempt, DoubtReason.ACCEPTED, "the service accepted the story, so that a missing job proves nothing"
        )
    now, sent_after = listed.server_date, attempt.intent.server_date
    if now is None or sent_after is None or attempt.settling is None:
        return open_doubt(attempt, DoubtReason.NO_CLOCK, "no job is seen, but the service did not send its time")
    left_seconds = settling_seconds - (now - attempt.settling.server_date).total_seconds()
    if left_seconds > 0:
        message = f"no job is seen; in {math.ceil(left_seconds / 60)} minutes this becomes evidence"
        return open_doubt(attempt, DoubtReason.SETTLING, message)
    jobs = listed.listing.generations
    if not reaches_back(jobs, sent_after, known_cap=listing_cap):
        message = f"no job is seen, but the {len(jobs)} listed jobs do not reach back to the send"
        return open_doubt(attempt, DoubtReason.NOT_COVERED, message)
    message = f"no job: at {_shown(now)} the service listed all jobs since {_shown(sent_after)}, and none matches"
    return open_doubt(attempt, DoubtReason.ABSENT, message)


def balance_text(attempt: UnsettledAttempt, available_eur: Decimal | None) -> str:
    """Return a text about the balance, which only corroborates a finding: other stories are charged too."""
    before_eur = attempt.intent.balance_eur
    if before_eur is None or available_eur is None:
        return ""
    return f"; {before_eur:f} EUR were available before the run that sent it, {available_eur:f} EUR are available now"


def _shown(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S %Z")
