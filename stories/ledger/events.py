"""What the ledger writes down: immutable records on the target, each created exclusively and sealed by a checksum.

Layout: `_meta/ledger/items/<story_id>/<n>.<kind>` for attempt n of a story, n from 1, and
`_meta/ledger/jobs/<sha256(job_id)>.own` for the one story that a job belongs to; later claims are `….2.own` and so on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic import JsonValue, TypeAdapter, ValidationError

from stories.api.wire import MAX_ANSWER_BYTES, SUBMIT_PATH, job_id_from_path
from stories.errors import LedgerDamaged
from stories.ledger.evidence import Absent, Settling
from stories.strict_json import JsonDocumentError, JsonObject, canonical_json, parse_json_object, sha256_hex

VERSION = 1
ITEMS_PREFIX = "_meta/ledger/items"
JOBS_PREFIX = "_meta/ledger/jobs"

_MAX_RECORD_BYTES = 2 * MAX_ANSWER_BYTES
"""More than an intent can come to: its baseline is the job ids of one answer."""
_MAX_TEXT_CHARACTERS = 2000
_RECORD_KEY = re.compile(re.escape(ITEMS_PREFIX) + r"/([0-9a-f]{32})/([1-9][0-9]{0,8})\.([a-z]+)")


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


Content = Intent | Void | Rejected | JobAssigned | Doubt | Failed | Lost | Operator | Own | Settling | Absent

_TYPES: Mapping[RecordKind, type[Content]] = {
    RecordKind.INTENT: Intent,
    RecordKind.VOID: Void,
    RecordKind.REJECTED: Rejected,
    RecordKind.JOB: JobAssigned,
    RecordKind.DOUBT: Doubt,
    RecordKind.FAILED: Failed,
    RecordKind.LOST: Lost,
    RecordKind.OPERATOR: Operator,
    RecordKind.OWN: Own,
    RecordKind.SETTLING: Settling,
    RecordKind.ABSENT: Absent,
}
_KINDS = {content_type: kind for kind, content_type in _TYPES.items()}
_READERS: Mapping[RecordKind, TypeAdapter[Content]] = {kind: TypeAdapter(found) for kind, found in _TYPES.items()}


@dataclass(frozen=True)
class Record:
    """A content with where it is filed, when, and the nonce by which its writer alone knows it again."""

    story_id: str
    attempt: int
    nonce: str
    recorded_at: datetime
    content: Content

    @property
    def kind(self) -> RecordKind:
        return _KINDS[type(self.content)]

    @property
    def key(self) -> str:
        """Where it is filed, relative to the target's root."""
        if isinstance(self.content, Own):
            return own_key(self.content.job_id, self.content.claim)
        return record_key(self.story_id, self.attempt, self.kind)


class RecordName(NamedTuple):
    """What a key says; `kind` is None for a word that this version does not know."""

    story_id: str
    attempt: int
    kind: RecordKind | None


def record_key(story_id: str, attempt: int, kind: RecordKind) -> str:
    """The key of a record of this attempt."""
    return f"{ITEMS_PREFIX}/{story_id}/{attempt}.{kind}"


def own_key(job_id: str, claim: int = 1) -> str:
    """The key under which a job has its one owner."""
    serial = "" if claim == 1 else f".{claim}"
    return f"{JOBS_PREFIX}/{sha256_hex(job_id.encode())}{serial}.{RecordKind.OWN}"


def name_of(key: str) -> RecordName | None:
    """What the key of a record says, or None for a file that is none of the ledger's."""
    match = _RECORD_KEY.fullmatch(key)
    if match is None:
        return None
    story_id, attempt, word = match.groups()
    return RecordName(story_id, int(attempt), RecordKind(word) if word in _TYPES else None)


def poll_path_of(job_id: str, poll_url: str | None) -> str:
    """The path to poll, without host, query and fragment; the documented one when the URL is not of this job."""
    try:
        path = urlsplit(poll_url or "").path
    except ValueError:
        path = ""
    return path if job_id_from_path(path) == job_id and path.isprintable() else f"{SUBMIT_PATH}/{job_id}"


def encode(record: Record) -> bytes:
    """The record as canonical JSON with its checksum. Texts are cut to 2,000 characters and made valid Unicode."""
    document: JsonObject = {
        "version": VERSION,
        "record": record.kind.value,
        "story_id": record.story_id,
        "attempt": record.attempt,
        "nonce": record.nonce,
        "recorded_at": _plain(record.recorded_at),
        "content": {field.name: _plain(getattr(record.content, field.name)) for field in fields(record.content)},
    }
    return _sealed(document)


@lru_cache(maxsize=4096)  # a record never changes, and each look at its story reads it again
def decode(key: str, stored: bytes) -> Record:
    """Read what `encode` wrote; raises `LedgerDamaged` for anything else, or when it was written under another key."""
    try:
        document = parse_json_object(stored, max_bytes=_MAX_RECORD_BYTES)
        document.pop("checksum", None)
        if _sealed(document) != stored:
            raise LedgerDamaged(f"{key}: the checksum does not match: the file was cut or changed")
        if document["version"] != VERSION:
            raise LedgerDamaged(f"{key}: version {document['version']} is not known: a newer program wrote it")
        record = Record(
            story_id=str(document["story_id"]),
            attempt=int(str(document["attempt"])),
            nonce=str(document["nonce"]),
            recorded_at=datetime.fromisoformat(str(document["recorded_at"])),
            content=_READERS[RecordKind(str(document["record"]))].validate_python(document["content"]),
        )
    except (JsonDocumentError, ValidationError, KeyError, ValueError) as exc:
        raise LedgerDamaged(f"{key}: not a ledger record: {exc}") from exc
    if record.key != key:
        raise LedgerDamaged(f"{key}: this is the record of {record.key}")
    return record


def _sealed(document: JsonObject) -> bytes:
    return canonical_json({**document, "checksum": sha256_hex(canonical_json(document))})


def _plain(value: object) -> JsonValue:
    match value:
        case None | bool() | int():
            return value
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.astimezone(UTC).isoformat()
        case tuple():
            return [_plain(entry) for entry in value]
        case _:
            return str(value)[:_MAX_TEXT_CHARACTERS].encode("utf-8", "replace").decode()
