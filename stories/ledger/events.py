"""The events of a story in the ledger: what happened to one attempt, and what a person decided.

The events are folded into the state of the story by `stories.ledger.states`; `stories.ledger.records` files them.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from urllib.parse import urlsplit

from stories.api.wire import SUBMIT_PATH, job_id_from_path


class RecordKind(StrEnum):
    """The kinds of records; the value is the suffix of the key."""

    INTENT = "intent"
    VOID = "void"
    REJECTED = "rejected"
    JOB = "job"
    DOUBT = "doubt"
    FAILED = "failed"
    LOST = "lost"
    OPERATOR = "operator"
    OWN = "own"
    SETTLING = "settling"
    ABSENT = "absent"

    @property
    def is_evidence(self) -> bool:
        """Whether it changes no story's state."""
        return self in (RecordKind.SETTLING, RecordKind.ABSENT)


@dataclass(frozen=True)
class Intent:
    """Somebody was about to send this attempt. The baseline is what `/v1/jobs` showed before."""

    run_id: str
    worker: str
    host: str
    spool_id: str
    body_sha256: str
    prompts_fingerprint: str
    scenes_total: int
    idempotency_key: str
    baseline_job_ids: tuple[str, ...]
    server_date: datetime | None
    balance_eur: Decimal | None
    price_max_eur: Decimal
    untitled_fingerprint: str = ""


@dataclass(frozen=True)
class Void:
    """The attempt provably never ran; `reason` is the proof."""

    reason: str
    message: str
    http_status: int | None = None


@dataclass(frozen=True)
class Rejected:
    """The service refused the storyboard for good."""

    reason: str
    message: str
    http_status: int | None
    code: str | None


class JobSource(StrEnum):
    """How an attempt came by its job."""

    RESPONSE = "response"
    ADOPTED = "adopted"


@dataclass(frozen=True)
class JobAssigned:
    """The attempt is this job."""

    job_id: str
    poll_path: str
    via: JobSource


@dataclass(frozen=True)
class Doubt:
    """Nobody knows (yet) whether the attempt ran.

    `accepted`: the service said yes but named no usable job, so that absence from a listing proves nothing.
    """

    reason: str
    message: str
    bytes_sent: bool
    http_status: int | None = None
    accepted: bool = False
    job_id: str | None = None


@dataclass(frozen=True)
class Failed:
    """The job failed at the service, uncharged."""

    reason: str
    message: str


@dataclass(frozen=True)
class Lost:
    """The job cannot become the story: it vanished, or its answer is not the storyboard's. A person decides."""

    reason: str
    message: str


class Decision(StrEnum):
    """What a person may decide about a held story."""

    RESUBMIT = "resubmit"
    ABANDON = "abandon"


@dataclass(frozen=True)
class Operator:
    """A person decided; `decided_by` and `reason` are theirs."""

    decision: Decision
    decided_by: str
    reason: str


@dataclass(frozen=True)
class Own:
    """The job belongs to this attempt of this story and to no other.

    `claim` counts from 1: the next one is legal once the owner before it has another job, which it will never give up.
    """

    job_id: str
    poll_path: str
    claim: int = 1


@dataclass(frozen=True)
class Settling:
    """The send was over, its outcome in doubt, at this time of the service's clock: what settles, settles from here."""

    server_date: datetime


@dataclass(frozen=True)
class Absent:
    """At this time of the service's clock its listing showed all that could be the attempt, and nothing was."""

    server_date: datetime
    message: str


Content = Intent | Void | Rejected | JobAssigned | Doubt | Failed | Lost | Operator | Own | Settling | Absent


def poll_path_of(job_id: str, poll_url: str | None) -> str:
    """The path to poll, without host, query and fragment; the documented one when the URL is not of this job."""
    try:
        path = urlsplit(poll_url or "").path
    except ValueError:
        path = ""
    return path if job_id_from_path(path) == job_id and path.isprintable() else f"{SUBMIT_PATH}/{job_id}"
