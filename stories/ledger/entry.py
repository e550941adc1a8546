"""The ledger entry of a story: its state and the details in its records. Pure: records in, entry out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from stories.ledger.events import Absent, Intent, JobAssigned, Operator, Own, RecordKind, Settling
from stories.ledger.records import Record, RecordName
from stories.ledger.states import Event, SubmitState, event_of, fold

NO_OUTCOME = "no_outcome"
"""The reason of an attempt with nothing but an intent: its process is sending the story, or is dead."""
JOB_NOT_RECORDED = "job_not_recorded"
"""The reason of an attempt whose job is known to this process and its spool, and not yet on the target."""


@dataclass(frozen=True)
class Damaged:
    """A record that cannot be read as it was written; `message` names its key."""

    name: RecordName
    message: str


@dataclass(frozen=True)
class LedgerEntry:
    """The state of a story and its cause. Fields from `job_id` on describe the deciding attempt, None where unknown.

    `reason` is a code, `message` a text for people, and `since` the time of the deciding record by its writer's clock.
    `evidence` is the proof that the service has no job of an attempt in doubt; it changes no state. `spool_id` names
    the process that opened the attempt.
    """

    story_id: str
    state: SubmitState
    attempt: int
    next_attempt: int | None
    failures: int
    job_id: str | None = None
    poll_path: str | None = None
    reason: str | None = None
    message: str | None = None
    http_status: int | None = None
    since: datetime | None = None
    idempotency_key: str | None = None
    price_max_eur: Decimal | None = None
    evidence: str | None = None
    spool_id: str | None = None


_DECIDED_BY: Mapping[SubmitState, tuple[RecordKind, ...]] = {
    SubmitState.UNSENT: (RecordKind.OPERATOR, RecordKind.VOID),
    SubmitState.IN_DOUBT: (RecordKind.DOUBT, RecordKind.INTENT),
    SubmitState.ACCEPTED: (RecordKind.JOB,),
    SubmitState.REJECTED: (RecordKind.REJECTED,),
    SubmitState.FAILED: (RecordKind.FAILED,),
    SubmitState.EXHAUSTED: (RecordKind.FAILED,),
    SubmitState.HELD: (RecordKind.LOST, RecordKind.INTENT),
    SubmitState.ABANDONED: (RecordKind.OPERATOR,),
}


def entry_of(story_id: str, found: Iterable[Record | Damaged]) -> LedgerEntry:
    """Return the entry of a story from all of its records, including damaged ones."""
    found = tuple(found)
    read = [record for record in found if isinstance(record, Record)]
    damaged = [record for record in found if isinstance(record, Damaged) and not is_evidence(record.name)]
    events = [(record.attempt, event_of(record)) for record in read if not record.kind.is_evidence]
    story_state = fold(story_id, [*events, *((record.name.attempt, Event.DAMAGED) for record in damaged)])
    filed = {record.kind: record for record in read if record.attempt == story_state.attempt}
    deciding = next((filed[kind] for kind in _DECIDED_BY[story_state.state] if kind in filed), None)
    job = filed[RecordKind.JOB].content if RecordKind.JOB in filed else None
    intent = filed[RecordKind.INTENT].content if RecordKind.INTENT in filed else None
    absent = filed[RecordKind.ABSENT].content if RecordKind.ABSENT in filed else None
    reason, message = _reason(story_state.state, deciding, damaged)
    return LedgerEntry(
        story_id=story_id,
        state=story_state.state,
        attempt=story_state.attempt,
        next_attempt=story_state.next_attempt,
        failures=story_state.failures,
        job_id=job.job_id if isinstance(job, JobAssigned) else None,
        poll_path=job.poll_path if isinstance(job, JobAssigned) else None,
        reason=reason,
        message=message,
        http_status=getattr(deciding.content, "http_status", None) if deciding else None,
        since=deciding.recorded_at if deciding else None,
        idempotency_key=intent.idempotency_key if isinstance(intent, Intent) else None,
        price_max_eur=intent.price_max_eur if isinstance(intent, Intent) else None,
        evidence=absent.message if isinstance(absent, Absent) else None,
        spool_id=intent.spool_id if isinstance(intent, Intent) else None,
    )


def is_evidence(name: RecordName) -> bool:
    """Return True if a record of this name changes no state, so that the state is known without reading it."""
    return name.kind is not None and name.kind.is_evidence


def _reason(state: SubmitState, deciding: Record | None, damaged: list[Damaged]) -> tuple[str | None, str | None]:
    if state is SubmitState.HELD and damaged:
        return "record_damaged", "; ".join(record.message for record in damaged)
    match deciding.content if deciding else None:
        case Intent() if state is SubmitState.HELD:
            return "records_contradict", "the records of this story contradict each other"
        case Intent() as intent:
            return NO_OUTCOME, f"{intent.worker} of run {intent.run_id} was about to send it and recorded no outcome"
        case Operator() as operator:
            return operator.decision.value, f"{operator.decided_by}: {operator.reason}"
        case None | JobAssigned() | Own() | Settling() | Absent():
            return None, None
        case outcome:
            return outcome.reason, outcome.message
