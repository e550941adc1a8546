"""Records: the events of the ledger as immutable objects on the target, created exclusively, with a checksum.

Layout: `_meta/ledger/items/<story_id>/<n>.<kind>` for attempt n of a story, n from 1, and
`_meta/ledger/jobs/<sha256(job_id)>.own` for the one story that a job belongs to; later claims are `….2.own` and so on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from pydantic import JsonValue, TypeAdapter, ValidationError

from stories.api.wire import MAX_ANSWER_BYTES
from stories.errors import LedgerDamaged
from stories.ledger.events import (
    Absent,
    Content,
    Doubt,
    Failed,
    Intent,
    JobAssigned,
    Lost,
    Operator,
    Own,
    RecordKind,
    Rejected,
    Settling,
    Void,
)
from stories.strict_json import JsonDocumentError, JsonObject, canonical_json, parse_json_object, sha256_hex
from stories.text import replace_lone_surrogates

VERSION = 1
ITEMS_PREFIX = "_meta/ledger/items"
JOBS_PREFIX = "_meta/ledger/jobs"

_MAX_RECORD_BYTES = 2 * MAX_ANSWER_BYTES
"""More than the largest intent, whose baseline holds the job ids of one answer."""
_MAX_TEXT_CHARACTERS = 2000
_RECORD_KEY = re.compile(re.escape(ITEMS_PREFIX) + r"/([0-9a-f]{32})/([1-9][0-9]{0,8})\.([a-z]+)")


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
    """An event with its place and time, and the nonce by which only its writer can recognise it."""

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
        """The key of the record, relative to the target's root."""
        if isinstance(self.content, Own):
            return own_key(self.content.job_id, self.content.claim)
        return record_key(self.story_id, self.attempt, self.kind)


class RecordName(NamedTuple):
    """The parts of a record's key; `kind` is None for a kind that this version does not know."""

    story_id: str
    attempt: int
    kind: RecordKind | None


def record_key(story_id: str, attempt: int, kind: RecordKind) -> str:
    """Return the key of a record of this attempt."""
    return f"{ITEMS_PREFIX}/{story_id}/{attempt}.{kind}"


def own_key(job_id: str, claim: int = 1) -> str:
    """Return the key that names the only owner of a job."""
    serial = "" if claim == 1 else f".{claim}"
    return f"{JOBS_PREFIX}/{sha256_hex(job_id.encode())}{serial}.{RecordKind.OWN}"


def name_of(key: str) -> RecordName | None:
    """Parse the key of a record; None for a file that does not belong to the ledger."""
    match = _RECORD_KEY.fullmatch(key)
    if match is None:
        return None
    story_id, attempt, word = match.groups()
    return RecordName(story_id, int(attempt), RecordKind(word) if word in _TYPES else None)


def encode(record: Record) -> bytes:
    """Return the record as canonical JSON with checksum; texts are cut to 2,000 characters and made valid Unicode."""
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


@lru_cache(maxsize=4096)  # records never change, and every read of a story decodes all of its records
def decode(key: str, stored: bytes) -> Record:
    """Parse the output of `encode`; raises `LedgerDamaged` for other bytes, or for the record of another key."""
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
            return replace_lone_surrogates(str(value)[:_MAX_TEXT_CHARACTERS])
