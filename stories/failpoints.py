"""Failpoints: named places, one at every durable step, where a test ends this process or observes it.

They are the crash points of docs/protocol.md#crash-points. Only a test's own entry point arms them, so that no
environment variable and no setting can end a run. An unarmed failpoint costs one comparison.
"""

import os
import signal
from collections.abc import Callable
from enum import StrEnum
from itertools import count


class Failpoint(StrEnum):
    """The names of all places. A name states the step just done, or with `before_` the step about to be done."""

    SPOOL_LOCKED = "spool.locked"
    SPOOL_NAMED = "spool.named"
    SPOOL_LINE_UNSYNCED = "spool.line_unsynced"
    SPOOL_BEFORE_FOLD = "spool.before_fold"
    SPOOL_FOLDED = "spool.folded"

    FILE_UNNAMED = "file.unnamed"
    """The bytes are on disk under a temporary name (C12)."""
    FILE_UNSYNCED = "file.unsynced"
    """The name exists but is not yet durable (C17)."""
    STORE_BEFORE_CREATE = "store.before_create"
    STORE_CREATED = "store.created"
    """The object exists, but the caller has no reply yet (C2, C15)."""
    STORE_BEFORE_PUBLISH = "store.before_publish"
    STORE_PUBLISHED = "store.published"
    STORE_BEFORE_DELETE = "store.before_delete"
    STORE_DELETED = "store.deleted"

    SUBMIT_BEFORE_INTENT = "submit.before_intent"
    """C1."""
    SUBMIT_INTENDED = "submit.intended"
    """C3."""
    SUBMIT_LINE_WRITTEN = "submit.line_written"
    """C3b: the `sending` line is durable, and no byte has left."""
    SUBMIT_FIRST_BYTE = "submit.first_byte"
    SUBMIT_HEAD_SENT = "submit.head_sent"
    """C4: some of the bytes have left."""
    SUBMIT_SENT = "submit.sent"
    """C5: the service may have the story."""
    SUBMIT_STATUS_SEEN = "submit.status_seen"
    SUBMIT_ANSWERED = "submit.answered"
    """C6: the answer is only in memory; C9 when it was a refusal."""
    SUBMIT_SPOOLED = "submit.spooled"
    """C7."""
    SUBMIT_CONCLUDED = "submit.concluded"
    """C10: a void, a rejection or a doubt is recorded."""
    LEDGER_OWNED = "ledger.owned"
    """C8, and C16 when an adopter dies here."""
    LEDGER_BOUND = "ledger.bound"
    """C11."""

    RECOVERY_REPLAYED = "recovery.replayed"
    RECOVERY_SETTLED = "recovery.settled"
    RECONCILE_LISTED = "reconcile.listed"
    RECONCILE_BEFORE_ADOPTION = "reconcile.before_adoption"
    RECONCILE_ADOPTED = "reconcile.adopted"
    RECONCILE_JUDGED = "reconcile.judged"

    POLL_ANSWERED = "poll.answered"
    POLL_FAILURE_SEEN = "poll.failure_seen"
    """The service reported the job as failed, and the ledger has no record of it yet."""
    SAVE_FETCHED = "save.fetched"
    SAVE_IMAGE_WRITTEN = "save.image_written"
    """C13."""
    SAVE_STORY_WRITTEN = "save.story_written"

    COMMIT_STAGED = "commit.staged"
    """C14."""
    COMMIT_RECORDED = "commit.recorded"
    COMMIT_PART_SHOWN = "commit.part_shown"
    COMMIT_SHOWN = "commit.shown"
    COMPACT_STAGED = "compact.staged"
    COMPACT_RECORDED = "compact.recorded"
    COMPACT_BARRIER_PLACED = "compact.barrier_placed"
    COMPACT_SOURCE_REMOVED = "compact.source_removed"
    COMPACT_PART_SHOWN = "compact.part_shown"
    COMPACT_BARRIER_REMOVED = "compact.barrier_removed"
    COMPACT_SHOWN = "compact.shown"
    DATASET_PUBLISHED = "dataset.published"
    RUN_PLANNED = "run.planned"
    RUN_OPENED = "run.opened"
    RUN_BEFORE_RECORD = "run.before_record"
    RUN_CLOSED = "run.closed"


_reached: Callable[[Failpoint], None] | None = None


def failpoint(place: Failpoint) -> None:
    """Report that the process reached this place; in production this does nothing."""
    if _reached is not None:
        _reached(place)


def arm(reached: Callable[[Failpoint], None] | None) -> None:
    """Call `reached` at every failpoint of this process, in the thread that reaches it; None disarms them.

    Only the entry point of a test's process may call this.
    """
    global _reached  # noqa: PLW0603 - production code should not pass an argument that only tests use
    _reached = reached


def kill_at(place: Failpoint, hit: int) -> None:
    """Kill this process (SIGKILL) when it reaches the place for the `hit`-th time, counted from 1."""
    hits = count(1)

    def reached(reached_place: Failpoint) -> None:
        if reached_place is place and next(hits) == hit:
            os.kill(os.getpid(), signal.SIGKILL)

    arm(reached)
