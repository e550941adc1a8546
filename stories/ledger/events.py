"""The events of a story in the ledger: results of its attempts, and decisions of a person.

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
        """Return True if records of this kind change no story's state."""
        return self in (RecordKind.SETTLING, RecordKind.ABSENT)


@dataclass(frozen=True)
class Intent:
    """A process was about to send this attempt. The baseline holds the jobs that `/v1/jobs` listed before."""

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
    """The source of an attempt's job: the answer to the send, or an adoption."""

    RESPONSE = "response"
    ADOPTED = "adopted"


@dataclass(frozen=True)
class JobAssigned:
    """The job of the attempt is known."""

    job_id: str
    poll_path: str
    via: JobSource


@dataclass(frozen=True)
class Doubt:
    """It is not known (yet) if the attempt ran.

    `accepted`: the service accepted the story but named no usable job, so that absence from a listing proves nothing.
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
    """The job cannot become the story: it vanished, or its answer is for another storyboard. A person decides."""

    reason: str
    message: str


class Decision(StrEnum):
    """The decisions that a person may make about a held story."""

    RESUBMIT = "resubmit"
    ABANDON = "abandon"


@dataclass(frozen=True)
class Operator:
    """A person decided about the story; `decided_by` and `reason` come from that person."""

    decision: Decision
    decided_by: str
    reason: str


@dataclass(frozen=True)
class Own:
    """The job belongs to this attempt of this story and to no other.

    `claim` counts from 1: the next claim is legal once the owner before has another job, which it keeps for good.
    """

    job_id: str
    poll_path: str
    claim: int = 1


@dataclass(frozen=True)
class Settling:
    """Server time at which a send in doubt had definitely ended; the settling period starts here."""

    server_date: datetime


@dataclass(frozen=True)
class Absent:
    """Server time at which the listing showed every job that could be the attempt's, and none was."""

    server_date: datetime
    message: str


Content = Intent | Void | Rejected | JobAssigned | Doubt | Failed | Lost | Operator | Own | Settling | Absent


def poll_path_of(job_id: str, poll_url: str | None) -> str:
    """Return the path to poll, without host, query and fragment; the documented path if the URL is not the job's."""
    try:
        path = urlsplit(poll_url or "").path
    except ValueError:
        path = ""
    return path if job_id_from_path(path) == job_id and path.isprintable() else f"{SUBMIT_PATH}/{job_id}"
