"""Where a story stands: a pure fold of its records, and the only place that knows Rules 2 and 3 of the submit protocol.

The fold sees marks: one for each record, taken from its name, or from its content where that was read. A listing and a
full reading therefore give the same standing, as long as no record is damaged.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from stories.ledger.events import Decision, Operator, Record, RecordKind, RecordName

MAX_FAILURES = 3


class EntryState(StrEnum):
    """Where a story stands. `IN_DOUBT` and `HELD` are both shown as held; nothing is sent for either."""

    UNSENT = "unsent"
    IN_DOUBT = "in_doubt"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    EXHAUSTED = "exhausted"
    HELD = "held"
    ABANDONED = "abandoned"


class Mark(StrEnum):
    """What one record says to the fold."""

    INTENT = "intent"
    VOID = "void"
    REJECTED = "rejected"
    JOB = "job"
    DOUBT = "doubt"
    FAILED = "failed"
    LOST = "lost"
    RESUBMIT = "resubmit"
    ABANDON = "abandon"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class Standing:
    """Where a story stands: the attempt that decides it (0: none yet), and the one that may be opened now, if any."""

    story_id: str
    state: EntryState
    attempt: int
    next_attempt: int | None
    failures: int = 0
    unexplained: tuple[int, ...] = ()
    """Attempts of which nobody knows what came of them, resubmitted ones too; none once that does not matter."""
    unsought: tuple[int, ...] = ()
    """Those of a story for which it does not matter; each may have led to a job that looks like another story's."""


def mark_of_name(name: RecordName) -> Mark:
    """The mark of a record by its name alone; one of the operator has to be read."""
    if name.kind is None or name.kind in (RecordKind.OPERATOR, RecordKind.OWN):
        return Mark.DAMAGED
    return Mark(name.kind.value)


def mark_of(record: Record) -> Mark:
    """The mark of a record that was read."""
    if isinstance(record.content, Operator):
        return Mark.RESUBMIT if record.content.decision is Decision.RESUBMIT else Mark.ABANDON
    return mark_of_name(RecordName(record.story_id, record.attempt, record.kind))


def fold(story_id: str, marks: Iterable[tuple[int, Mark]]) -> Standing:
    """Where the story stands by (attempt, mark) of all of its records, in any order."""
    attempts: defaultdict[int, set[Mark]] = defaultdict(set)
    for attempt, mark in marks:
        attempts[attempt].add(mark)
    if not attempts:
        return Standing(story_id, EntryState.UNSENT, 0, 1)
    last = max(attempts)
    outcomes = {attempt: _outcome(found) for attempt, found in attempts.items()}
    failures = sum(outcome is EntryState.FAILED for outcome in outcomes.values())
    in_doubt = tuple(attempt for attempt in sorted(outcomes) if outcomes[attempt] is EntryState.IN_DOUBT)
    if not _is_in_order(attempts, outcomes):
        return Standing(story_id, EntryState.HELD, last, None, failures, unsought=in_doubt)
    accepted = [attempt for attempt, outcome in outcomes.items() if outcome is EntryState.ACCEPTED]
    if accepted:
        # A job may turn up after a person resubmitted: what is paid for is taken before anything more is sent.
        return Standing(story_id, EntryState.ACCEPTED, max(accepted), None, failures, unsought=in_doubt)
    opens = _allows_next(attempts[last], outcomes[last], failures)
    state = _decided(attempts[last], outcomes[last])
    if state is EntryState.FAILED and not opens:
        state = EntryState.EXHAUSTED
    if state in (EntryState.ABANDONED, EntryState.REJECTED, EntryState.EXHAUSTED):
        return Standing(story_id, state, last, None, failures, unsought=in_doubt)
    return Standing(story_id, state, last, last + 1 if opens else None, failures, in_doubt)


_OUTCOMES: Mapping[frozenset[Mark], EntryState] = {
    frozenset(): EntryState.IN_DOUBT,
    frozenset({Mark.VOID}): EntryState.UNSENT,
    frozenset({Mark.REJECTED}): EntryState.REJECTED,
    frozenset({Mark.JOB}): EntryState.ACCEPTED,
    frozenset({Mark.JOB, Mark.FAILED}): EntryState.FAILED,
    frozenset({Mark.JOB, Mark.LOST}): EntryState.HELD,
}
"""What an intent came to, by the records beside it; records that contradict each other hold the story."""


def _outcome(marks: AbstractSet[Mark]) -> EntryState:
    """What the service made of one attempt, whatever an operator decided afterwards."""
    if Mark.INTENT not in marks or Mark.DAMAGED in marks:
        return EntryState.HELD
    beside = marks - {Mark.INTENT, Mark.RESUBMIT, Mark.ABANDON}
    if Mark.DOUBT in beside:
        # Rule 3: doubt is sticky; what proves that one send did not run says nothing of the one before.
        beside = beside - {Mark.DOUBT, Mark.VOID, Mark.REJECTED}
    if Mark.JOB in beside:
        # The attempt was given a twin's job while its sender slept (crash point C16): it has that one, whatever its
        # own send came to later.
        beside = beside - {Mark.VOID, Mark.REJECTED}
    return _OUTCOMES.get(frozenset(beside), EntryState.HELD)


def _decided(marks: AbstractSet[Mark], outcome: EntryState) -> EntryState:
    if Mark.RESUBMIT in marks:
        return EntryState.UNSENT
    return EntryState.ABANDONED if Mark.ABANDON in marks else outcome


def _allows_next(marks: AbstractSet[Mark], outcome: EntryState, failures: int) -> bool:
    """Rule 2: the next attempt is legal after a void, a resubmit of the operator, or one of the first two failures."""
    if Mark.RESUBMIT in marks:
        return True
    if Mark.ABANDON in marks:
        return False
    return outcome is EntryState.UNSENT or (outcome is EntryState.FAILED and failures < MAX_FAILURES)


def _is_in_order(attempts: Mapping[int, AbstractSet[Mark]], outcomes: Mapping[int, EntryState]) -> bool:
    """Whether the attempts are 1 to n, and each but the last allowed the one after it.

    What lies before a person's last word that person has seen.
    """
    last = max(attempts)
    decided = [attempt for attempt, marks in attempts.items() if marks & {Mark.RESUBMIT, Mark.ABANDON}]
    for attempt in range(max(decided, default=1), last + 1):
        if attempt not in attempts:
            return False
        failures = sum(outcomes[earlier] is EntryState.FAILED for earlier in attempts if earlier <= attempt)
        if attempt < last and not _allows_next(attempts[attempt], outcomes[attempt], failures):
            return False
    return True
