"""Where a story stands: a pure fold of its records, and the only place that knows Rules 2 and 3 (docs/protocol.md).

The fold sees marks: one for each record, taken from its name, or from its content where that was read. A listing and a
full reading therefore give the same standing, as long as no record is damaged.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from stories.ledger.events import Decision, Operator, RecordKind
from stories.ledger.records import Record, RecordName

MAX_FAILURES = 3


class SubmitState(StrEnum):
    """Where a story stands. `IN_DOUBT` and `HELD` are both shown as held; nothing is sent for either."""

    UNSENT = "unsent"
    IN_DOUBT = "in_doubt"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    EXHAUSTED = "exhausted"
    HELD = "held"
    ABANDONED = "abandoned"


class Event(StrEnum):
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
class StoryState:
    """Where a story stands: the attempt that decides it (0: none yet), and the one that may be opened now, if any."""

    story_id: str
    state: SubmitState
    attempt: int
    next_attempt: int | None
    failures: int = 0
    unexplained: tuple[int, ...] = ()
    """Attempts of which nobody knows what came of them, resubmitted ones too; none once that does not matter."""
    unsought: tuple[int, ...] = ()
    """Those of a story for which it does not matter; each may have led to a job that looks like another story's."""


def event_of_name(name: RecordName) -> Event:
    """The mark of a record by its name alone; one of the operator has to be read."""
    if name.kind is None or name.kind in (RecordKind.OPERATOR, RecordKind.OWN):
        return Event.DAMAGED
    return Event(name.kind.value)


def event_of(record: Record) -> Event:
    """The mark of a record that was read."""
    if isinstance(record.content, Operator):
        return Event.RESUBMIT if record.content.decision is Decision.RESUBMIT else Event.ABANDON
    return event_of_name(RecordName(record.story_id, record.attempt, record.kind))


def fold(story_id: str, events: Iterable[tuple[int, Event]]) -> StoryState:
    """Where the story stands by (attempt, mark) of all of its records, in any order."""
    attempts: defaultdict[int, set[Event]] = defaultdict(set)
    for attempt, mark in events:
        attempts[attempt].add(mark)
    if not attempts:
        return StoryState(story_id, SubmitState.UNSENT, 0, 1)
    last = max(attempts)
    outcomes = {attempt: _outcome(found) for attempt, found in attempts.items()}
    failures = sum(outcome is SubmitState.FAILED for outcome in outcomes.values())
    in_doubt = tuple(attempt for attempt in sorted(outcomes) if outcomes[attempt] is SubmitState.IN_DOUBT)
    if not _is_in_order(attempts, outcomes):
        return StoryState(story_id, SubmitState.HELD, last, None, failures, unsought=in_doubt)
    accepted = [attempt for attempt, outcome in outcomes.items() if outcome is SubmitState.ACCEPTED]
    if accepted:
        # A job may turn up after a person resubmitted: what is paid for is taken before anything more is sent.
        return StoryState(story_id, SubmitState.ACCEPTED, max(accepted), None, failures, unsought=in_doubt)
    opens = _allows_next(attempts[last], outcomes[last], failures)
    state = _decided(attempts[last], outcomes[last])
    if state is SubmitState.FAILED and not opens:
        state = SubmitState.EXHAUSTED
    if state in (SubmitState.ABANDONED, SubmitState.REJECTED, SubmitState.EXHAUSTED):
        return StoryState(story_id, state, last, None, failures, unsought=in_doubt)
    return StoryState(story_id, state, last, last + 1 if opens else None, failures, in_doubt)


_OUTCOMES: Mapping[frozenset[Event], SubmitState] = {
    frozenset(): SubmitState.IN_DOUBT,
    frozenset({Event.VOID}): SubmitState.UNSENT,
    frozenset({Event.REJECTED}): SubmitState.REJECTED,
    frozenset({Event.JOB}): SubmitState.ACCEPTED,
    frozenset({Event.JOB, Event.FAILED}): SubmitState.FAILED,
    frozenset({Event.JOB, Event.LOST}): SubmitState.HELD,
}
"""What an intent came to, by the records beside it; records that contradict each other hold the story."""


def _outcome(events: AbstractSet[Event]) -> SubmitState:
    """What the service made of one attempt, whatever an operator decided afterwards."""
    if Event.INTENT not in events or Event.DAMAGED in events:
        return SubmitState.HELD
    beside = events - {Event.INTENT, Event.RESUBMIT, Event.ABANDON}
    if Event.DOUBT in beside:
        # Rule 3: doubt is sticky; what proves that one send did not run says nothing of the one before.
        beside = beside - {Event.DOUBT, Event.VOID, Event.REJECTED}
    if Event.JOB in beside:
        # The attempt was given a twin's job while its sender slept (crash point C16): it has that one, whatever its
        # own send came to later.
        beside = beside - {Event.VOID, Event.REJECTED}
    return _OUTCOMES.get(frozenset(beside), SubmitState.HELD)


def _decided(events: AbstractSet[Event], outcome: SubmitState) -> SubmitState:
    if Event.RESUBMIT in events:
        return SubmitState.UNSENT
    return SubmitState.ABANDONED if Event.ABANDON in events else outcome


def _allows_next(events: AbstractSet[Event], outcome: SubmitState, failures: int) -> bool:
    """Rule 2: the next attempt is legal after a void, a resubmit of the operator, or one of the first two failures."""
    if Event.RESUBMIT in events:
        return True
    if Event.ABANDON in events:
        return False
    return outcome is SubmitState.UNSENT or (outcome is SubmitState.FAILED and failures < MAX_FAILURES)


def _is_in_order(attempts: Mapping[int, AbstractSet[Event]], outcomes: Mapping[int, SubmitState]) -> bool:
    """Whether the attempts are 1 to n, and each but the last allowed the one after it.

    What lies before a person's last word that person has seen.
    """
    last = max(attempts)
    decided = [attempt for attempt, events in attempts.items() if events & {Event.RESUBMIT, Event.ABANDON}]
    for attempt in range(max(decided, default=1), last + 1):
        if attempt not in attempts:
            return False
        failures = sum(outcomes[earlier] is SubmitState.FAILED for earlier in attempts if earlier <= attempt)
        if attempt < last and not _allows_next(attempts[attempt], outcomes[attempt], failures):
            return False
    return True
