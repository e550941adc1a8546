"""Failpoints: named places, one at every durable step, at which a test ends this process or takes note.

They are the crash points of docs/protocol.md#crash-points. Nothing arms them but a test's own entry point, so that
neither an environment nor a setting can end a run; unarmed, one costs a comparison.
"""

import os
import signal
from collections.abc import Callable
from enum import StrEnum
from itertools import count


class Failpoint(StrEnum):
    """Every place by name. A name says what has just been done, or with `before_` what is about to be."""

    SPOOL_LOCKED = "spool.locked"
    SPOOL_NAMED = "spool.named"
    SPOOL_LINE_UNSYNCED = "spool.line_unsynced"
    SPOOL_BEFORE_FOLD = "spool.before_fold"
    SPOOL_FOLDED = "spool.folded"

    FILE_UNNAMED = "file.unnamed"
    """The bytes are on disk under a temporary name (C12)."""
    FILE_UNSYNCED = "file.unsynced"
    """The name is there, and not yet durable (C17)."""
    STORE_BEFORE_CREATE = "store.before_create"
    STORE_CREATED = "store.created"
    """It landed, and nobody has been told (C2, C15)."""
    STORE_BEFORE_PUBLISH = "store.before_publish"
    STORE_PUBLISHED = "store.published"
    STORE_BEFORE_DELETE = "store.before_delete"
    STORE_DELETED = "store.deleted"

    SUBMIT_BEFORE_INTENT = "submit.before_intent"
    """C1."""
    SUBMIT_INTENDED = "submit.intended"
    """C3."""
    SUBMIT_LINE_WRITTEN = "submit.line_written"
    """C3b: the `sending` line is durable, no byte has left."""
    SUBMIT_FIRST_BYTE = "submit.first_byte"
    SUBMIT_HEAD_SENT = "submit.head_sent"
    """C4: the bytes are partly out."""
    SUBMIT_SENT = "submit.sent"
    """C5: the service may have it."""
    SUBMIT_STATUS_SEEN = "submit.status_seen"
    SUBMIT_ANSWERED = "submit.answered"
    """C6: the answer is in memory alone; C9 when it was no."""
    SUBMIT_SPOOLED = "submit.spooled"
    """C7."""
    SUBMIT_CONCLUDED = "submit.concluded"
    """C10: a void, a rejection or a doubt is on record."""
    LEDGER_OWNED = "ledger.owned"
    """C8, and C16 when it is an adopter that dies."""
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
    """The service reported the job as failed, and the ledger does not know."""
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
    """Say that this place is reached: in production, nothing more happens."""
    if _reached is not None:
        _reached(place)


def arm(reached: Callable[[Failpoint], None] | None) -> None:
    """Have every failpoint of this process call this, from whatever thread reaches it; None disarms them.

    For the entry point of a test's process alone.
    """
    global _reached  # noqa: PLW0603 - a place deep in the code cannot be handed an argument that is never there
    _reached = reached


def kill_at(place: Failpoint, hit: int) -> None:
    """Have this process kill itself (SIGKILL) when it reaches the place for the `hit`-th time, the first being 1."""
    hits = count(1)

    def reached(reached_place: Failpoint) -> None:
        if reached_place is place and next(hits) == hit:
            os.kill(os.getpid(), signal.SIGKILL)

    arm(reached)
