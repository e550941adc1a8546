"""The state of a story: a pure fold of its records, and the only place that knows Rules 2 and 3 (docs/protocol.md).

The fold takes one event for each record, from its name, or from its content if that was read. A listing and a full
reading therefore give the same state, as long as no record is damaged.
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
    """The states of a story. `IN_DOUBT` and `HELD` are both shown as held; nothing is sent for either."""

    UNSENT = "unsent"
    IN_DOUBT = "in_doubt"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    EXHAUSTED = "exhausted"
    HELD = "held"
    ABANDONED = "abandoned"


class Event(StrEnum):
    """The event of one record, as the fold takes it."""

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
    """The state of a story, the attempt that decides it (0: none yet) and the one that may be opened now, if any."""

    story_id: str
    state: SubmitState
    attempt: int
    next_attempt: int | None
    failures: int = 0
    unexplained: tuple[int, ...] = ()
    """Attempts with an unknown outcome, resubmitted ones too; empty once their outcome does not matter."""
    unsought: tuple[int, ...] = ()
    """Such attempts when their outcome does not matter; each may have led to a job that looks like another story's."""


def event_of_name(name: RecordName) -> Event:
    """Return the event of a record from its name alone; the record of an operator must be read instead."""
    if name.kind is None or name.kind in (RecordKind.OPERATOR, RecordKind.OWN):
        return Event.DAMAGED
    return Event(name.kind.value)


def event_of(record: Record) -> Event:
    """Return the event of a record that was read."""
    if isinstance(record.content, Operator):
        return Event.RESUBMIT if record.content.decision is Decision.RESUBMIT else Event.ABANDON
    return event_of_name(RecordName(record.story_id, record.attempt, record.kind))


def fold(story_id: str, events: Iterable[tuple[int, Event]]) -> StoryState:
    """Return the state of the story from (attempt, event) of all of its records, in any order."""
    attempts: defaultdict[int, set[Event]] = defaultdict(set)
    for attempt, event in events:
        attempts[attempt].add(event)
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
        # A job may be found after a person resubmitted: a paid job is used before anything more is sent.
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
"""The state of an attempt by the records beside its intent; contradicting records hold the story."""


def _outcome(events: AbstractSet[Event]) -> SubmitState:
    """Return the outcome of one attempt at the service, regardless of later decisions of an operator."""
    if Event.INTENT not in events or Event.DAMAGED in events:
        return SubmitState.HELD
    beside = events - {Event.INTENT, Event.RESUBMIT, Event.ABANDON}
    if Event.DOUBT in beside:
        # Rule 3: doubt is sticky; the proof that one send did not run does not cover the send before it.
        beside = beside - {Event.DOUBT, Event.VOID, Event.REJECTED}
    if Event.JOB in beside:
        # The attempt was bound to a twin's job while its sender slept (crash point C16): it keeps that job, regardless
        # of the later outcome of its own send.
        beside = beside - {Event.VOID, Event.REJECTED}
    return _OUTCOMES.get(frozenset(beside), SubmitState.HELD)


def _decided(events: AbstractSet[Event], outcome: SubmitState) -> SubmitState:
    if Event.RESUBMIT in events:
        return SubmitState.UNSENT
    return SubmitState.ABANDONED if Event.ABANDON in events else outcome


def _allows_next(events: AbstractSet[Event], outcome: SubmitState, failures: int) -> bool:
    """Return True if Rule 2 allows the next attempt: after a void, a resubmit, or one of the first two failures."""
    if Event.RESUBMIT in events:
        return True
    if Event.ABANDON in events:
        return False
    return outcome is SubmitState.UNSENT or (outcome is SubmitState.FAILED and failures < MAX_FAILURES)


def _is_in_order(attempts: Mapping[int, AbstractSet[Event]], outcomes: Mapping[int, SubmitState]) -> bool:
    """Return True if the attempts are 1 to n, and each but the last allowed the one after it.

    Attempts before a person's last decision are not checked, because that person has seen them.
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
