"""The fold of records: what one attempt came to, when the next is legal, and that no order or reading changes it."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stories.ledger.entry import entry_of
from stories.ledger.events import (
    Content,
    Decision,
    Doubt,
    Failed,
    Intent,
    JobAssigned,
    JobSource,
    Lost,
    Operator,
    RecordKind,
    Rejected,
    Void,
)
from stories.ledger.records import Record, name_of
from stories.ledger.states import Event, SubmitState, event_of, event_of_name, fold

STORY_ID = "0f" * 16
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
State = SubmitState


def marks_of(*attempts: str) -> list[tuple[int, Event]]:
    """Of attempts 1 to n, each written as the words of its marks beside the intent."""
    return [
        (number, Event(word)) for number, words in enumerate(attempts, start=1) for word in ("intent", *words.split())
    ]


def story_state(*attempts: str) -> tuple[SubmitState, int, int | None]:
    found = fold(STORY_ID, marks_of(*attempts))
    return found.state, found.attempt, found.next_attempt


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ((), (State.UNSENT, 0, 1)),
        (("",), (State.IN_DOUBT, 1, None)),
        (("void",), (State.UNSENT, 1, 2)),
        (("rejected",), (State.REJECTED, 1, None)),
        (("doubt",), (State.IN_DOUBT, 1, None)),
        (("job",), (State.ACCEPTED, 1, None)),
        (("doubt job",), (State.ACCEPTED, 1, None)),
        (("job failed",), (State.FAILED, 1, 2)),
        (("doubt job failed",), (State.FAILED, 1, 2)),
        (("job lost",), (State.HELD, 1, None)),
        (("job lost failed",), (State.HELD, 1, None)),
        # Rule 3: doubt is sticky.
        (("doubt void",), (State.IN_DOUBT, 1, None)),
        (("doubt rejected",), (State.IN_DOUBT, 1, None)),
        (("doubt void job",), (State.ACCEPTED, 1, None)),
        # A twin's job that was adopted before the sender woke up and was refused.
        (("void job",), (State.ACCEPTED, 1, None)),
        (("rejected job",), (State.ACCEPTED, 1, None)),
        (("void job failed",), (State.FAILED, 1, 2)),
        (("void job", "job"), (State.HELD, 2, None)),
        # Contradictions hold the story.
        (("void rejected",), (State.HELD, 1, None)),
        (("failed",), (State.HELD, 1, None)),
        (("lost",), (State.HELD, 1, None)),
        (("damaged",), (State.HELD, 1, None)),
        (("void damaged",), (State.HELD, 1, None)),
        # A person's word.
        (("doubt resubmit",), (State.UNSENT, 1, 2)),
        (("resubmit",), (State.UNSENT, 1, 2)),
        (("job lost resubmit",), (State.UNSENT, 1, 2)),
        (("rejected resubmit",), (State.UNSENT, 1, 2)),
        (("damaged resubmit",), (State.UNSENT, 1, 2)),
        (("doubt abandon",), (State.ABANDONED, 1, None)),
        (("void abandon",), (State.ABANDONED, 1, None)),
        (("job lost abandon",), (State.ABANDONED, 1, None)),
        (("job failed abandon",), (State.ABANDONED, 1, None)),
        # What is paid for is taken: a job that turns up after the person's word.
        (("doubt resubmit job",), (State.ACCEPTED, 1, None)),
        (("doubt abandon job",), (State.ACCEPTED, 1, None)),
        (("doubt resubmit job", "void"), (State.ACCEPTED, 1, None)),
        (("doubt resubmit job", "doubt"), (State.ACCEPTED, 1, None)),
        (("doubt resubmit job", "job"), (State.ACCEPTED, 2, None)),
        # Later attempts.
        (("void", ""), (State.IN_DOUBT, 2, None)),
        (("void", "void", "void"), (State.UNSENT, 3, 4)),
        (("void", "job"), (State.ACCEPTED, 2, None)),
        (("job failed", "void"), (State.UNSENT, 2, 3)),
        (("job failed", "job failed"), (State.FAILED, 2, 3)),
        (("job failed", "job failed", "job failed"), (State.EXHAUSTED, 3, None)),
        (("job failed", "void", "job failed", "job failed"), (State.EXHAUSTED, 4, None)),
        (("job failed", "job failed", "job failed resubmit"), (State.UNSENT, 3, 4)),
        (("job failed", "job failed", "job failed resubmit", "job failed"), (State.EXHAUSTED, 4, None)),
        # An attempt that the one before did not allow.
        (("", "job"), (State.HELD, 2, None)),
        (("doubt", "void"), (State.HELD, 2, None)),
        (("doubt void", "void"), (State.HELD, 2, None)),
        (("job", "void"), (State.HELD, 2, None)),
        (("rejected", "void"), (State.HELD, 2, None)),
        (("doubt abandon", "void"), (State.HELD, 2, None)),
        (("job failed", "job failed", "job failed", "void"), (State.HELD, 4, None)),
    ],
)
def test_a_story_stands_where_its_records_say(
    attempts: tuple[str, ...], expected: tuple[SubmitState, int, int | None]
) -> None:
    assert story_state(*attempts) == expected


def test_an_attempt_without_intent_and_a_gap_hold_the_story() -> None:
    assert fold(STORY_ID, [(1, Event.JOB)]).state is State.HELD
    assert fold(STORY_ID, [(1, Event.VOID)]).next_attempt is None
    assert fold(STORY_ID, [(1, Event.INTENT), (1, Event.VOID), (3, Event.INTENT), (3, Event.VOID)]).state is State.HELD
    assert fold(STORY_ID, [(2, Event.INTENT), (2, Event.VOID)]).state is State.HELD


def subsets(events: list[Event]) -> list[frozenset[Event]]:
    return [
        frozenset(found) for found in chain.from_iterable(combinations(events, size) for size in range(len(events) + 1))
    ]


@pytest.mark.parametrize("before", [None, Event.VOID])
def test_nothing_opens_the_next_attempt_but_a_void_a_failure_or_a_person(before: Event | None) -> None:
    earlier = [] if before is None else [(1, Event.INTENT), (1, before)]
    attempt = 1 if before is None else 2
    for found in subsets(list(Event)):
        if not found:
            continue
        result = fold(STORY_ID, [*earlier, *((attempt, mark) for mark in found)])
        void = found == {Event.INTENT, Event.VOID}
        failed = found - {Event.DOUBT, Event.VOID, Event.REJECTED} == {Event.INTENT, Event.JOB, Event.FAILED}
        person = Event.RESUBMIT in found and result.state is not State.ACCEPTED
        assert (result.next_attempt is not None) == (void or failed or person), sorted(found)
        assert result.next_attempt in (None, attempt + 1)


CONTENTS: tuple[Content, ...] = (
    Intent("r", "w", "h", "s", "00", "00", 1, "key", (), None, None, Decimal("0.4")),
    Void("not_sent", "refused"),
    Rejected("refused", "no", 422, "validation_error"),
    JobAssigned("job-1", "/v1/generate/story/job-1", JobSource.RESPONSE),
    Doubt("no_answer", "hm", bytes_sent=True),
    Failed("failed_at_service", "no paint"),
    Lost("vanished", "404 for 10 min"),
    Operator(Decision.RESUBMIT, "ann", "seen in the listing"),
    Operator(Decision.ABANDON, "ann", "not wanted"),
)
RECORDS = st.sets(st.tuples(st.integers(1, 4), st.integers(0, len(CONTENTS) - 1)), max_size=14).map(
    lambda found: [Record(STORY_ID, attempt, "n", NOON, CONTENTS[number]) for attempt, number in sorted(found)]
)


@given(records=RECORDS, order=st.randoms(use_true_random=False))
def test_names_and_contents_in_any_order_give_the_same_standing(records: list[Record], order: object) -> None:
    by_content = entry_of(STORY_ID, records)
    events = []
    for record in records:
        name = name_of(record.key)
        assert name is not None
        is_read = record.kind is RecordKind.OPERATOR
        events.append((record.attempt, event_of(record) if is_read else event_of_name(name)))
    order.shuffle(events)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
    by_name = fold(STORY_ID, events)
    assert (by_name.state, by_name.attempt, by_name.next_attempt, by_name.failures) == (
        by_content.state,
        by_content.attempt,
        by_content.next_attempt,
        by_content.failures,
    )


@given(records=RECORDS)
def test_what_is_accepted_or_in_doubt_is_never_sent_again(records: list[Record]) -> None:
    entry = entry_of(STORY_ID, records)
    if entry.next_attempt is not None:
        assert entry.state in (State.UNSENT, State.FAILED)
        assert entry.next_attempt == max((record.attempt for record in records), default=0) + 1
    if entry.state is State.ACCEPTED:
        assert entry.job_id == "job-1"
        assert entry.next_attempt is None


def record(attempt: int, content: Content) -> Record:
    return Record(STORY_ID, attempt, "n", NOON, content)


def test_an_entry_says_why_and_since_when() -> None:
    intent, job = record(1, CONTENTS[0]), record(1, CONTENTS[3])
    accepted = entry_of(STORY_ID, [intent, job])
    assert (accepted.job_id, accepted.poll_path) == ("job-1", "/v1/generate/story/job-1")
    assert (accepted.idempotency_key, accepted.price_max_eur, accepted.since) == ("key", Decimal("0.4"), NOON)
    assert accepted.reason is None

    rejected = entry_of(STORY_ID, [intent, record(1, CONTENTS[2])])
    assert (rejected.reason, rejected.message, rejected.http_status) == ("refused", "no", 422)
    assert entry_of(STORY_ID, [intent]).reason == "no_outcome"
    assert entry_of(STORY_ID, [intent, record(1, CONTENTS[4])]).reason == "no_answer"
    assert entry_of(STORY_ID, [intent, job, record(1, CONTENTS[6])]).reason == "vanished"
    assert entry_of(STORY_ID, [intent, record(1, CONTENTS[1]), record(1, CONTENTS[2])]).reason == "records_contradict"
    abandoned = entry_of(STORY_ID, [intent, record(1, CONTENTS[8])])
    assert (abandoned.reason, abandoned.message) == ("abandon", "ann: not wanted")


def test_attempts_without_outcome_are_told_also_when_nobody_looks_for_their_job() -> None:
    """Their job may be there all the same, and look like another story's."""
    sought = fold(STORY_ID, marks_of("doubt resubmit", "doubt"))
    assert (sought.unexplained, sought.unsought) == ((1, 2), ())
    for attempts in (("doubt resubmit", "job"), ("doubt abandon",), ("doubt resubmit", "rejected"), ("doubt", "void")):
        found = fold(STORY_ID, marks_of(*attempts))
        assert (found.unexplained, found.unsought) == ((), (1,)), attempts
