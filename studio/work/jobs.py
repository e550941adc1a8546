"""Jobs and their pictures in the database. Call each function inside a transaction."""

import json
import sqlite3
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from stories.api.wire import JobStatus
from studio.work import accounts
from studio.work.picture_names import Picture, Role
from studio.work.storyboards import AcceptedStoryboard


@dataclass(frozen=True)
class Job:
    """A job at one moment; `balance_after_micro_eur` is None until the job is charged."""

    number: int
    job_id: str
    account_id: str
    body: bytes
    status: JobStatus
    price_micro_eur: int
    error_code: str | None
    error_message: str | None
    created_at_ms: int
    balance_after_micro_eur: int | None
    drawn: frozenset[Picture]

    @cached_property
    def storyboard(self) -> AcceptedStoryboard:
        return AcceptedStoryboard.model_validate(json.loads(self.body))

    @property
    def pictures(self) -> list[Picture]:
        """Return every picture of the story in drawing order: scenes first, because clients wait for them."""
        entries = (
            (Role.SCENE, len(self.storyboard.scenes)),
            (Role.CHARACTER, len(self.storyboard.characters)),
            (Role.LOCATION, len(self.storyboard.locations)),
        )
        return [Picture(role, position) for role, count in entries for position in range(count)]


def add(
    connection: sqlite3.Connection,
    *,
    account_id: str,
    body: bytes,
    idempotency_key: str | None,
    price_micro_eur: int,
    now_ms: int,
) -> str:
    """Add a new job to the end of the queue and return its id."""
    job_id = str(uuid.uuid4())
    connection.execute(
        "INSERT INTO jobs (job_id, account_id, storyboard, idempotency_key, price_micro_eur, status, created_at_ms)"
        " VALUES (?, ?, ?, ?, ?, 'pending', ?)",
        (job_id, account_id, body, idempotency_key, price_micro_eur, now_ms),
    )
    return job_id


def waiting(connection: sqlite3.Connection, account_id: str) -> int:
    """Return the number of the account's jobs that wait for a slot."""
    count: int = connection.execute(
        "SELECT count(*) FROM jobs WHERE account_id = ? AND status = 'pending'", (account_id,)
    ).fetchone()[0]
    return count


def with_idempotency_key(
    connection: sqlite3.Connection, *, account_id: str, key: str, since_ms: int
) -> tuple[str, bytes] | None:
    """Return id and body of the account's first job with this key since `since_ms`, or None."""
    row = connection.execute(
        "SELECT job_id, storyboard FROM jobs WHERE account_id = ? AND idempotency_key = ? AND created_at_ms >= ?"
        " ORDER BY number LIMIT 1",
        (account_id, key, since_ms),
    ).fetchone()
    return None if row is None else (row["job_id"], row["storyboard"])


def claim(connection: sqlite3.Connection, in_slots: Collection[int]) -> Job | None:
    """Mark the oldest unfinished job that is in no slot as processing and return it; None when there is none.

    A job that was processing when a studio ended is in no slot of the next studio, so it is resumed by this call.
    """
    row = connection.execute(
        "SELECT * FROM charged_jobs WHERE status IN ('pending', 'processing')"
        " AND number NOT IN (SELECT value FROM json_each(?)) ORDER BY number LIMIT 1",
        (json.dumps(list(in_slots)),),
    ).fetchone()
    if row is None:
        return None
    connection.execute("UPDATE jobs SET status = 'processing' WHERE number = ?", (row["number"],))
    return _job(connection, row)


def record_picture(connection: sqlite3.Connection, number: int, picture: Picture) -> None:
    """Record that all files of a picture are written."""
    connection.execute(
        "INSERT INTO pictures (job_number, role, position) VALUES (?, ?, ?)", (number, picture.role, picture.position)
    )


def complete(connection: sqlite3.Connection, job: Job, *, now_ms: int) -> None:
    """Complete a job and charge it, both in the caller's transaction."""
    connection.execute(
        "UPDATE jobs SET status = 'completed', finished_at_ms = ? WHERE number = ?", (now_ms, job.number)
    )
    accounts.charge(
        connection, job_id=job.job_id, account_id=job.account_id, amount_micro_eur=job.price_micro_eur, now_ms=now_ms
    )


def fail(connection: sqlite3.Connection, job: Job, *, code: str, message: str, now_ms: int) -> None:
    """End a job without a charge."""
    connection.execute(
        "UPDATE jobs SET status = 'failed', finished_at_ms = ?, error_code = ?, error_message = ? WHERE number = ?",
        (now_ms, code, message, job.number),
    )


def find(connection: sqlite3.Connection, *, account_id: str, job_id: str) -> Job | None:
    """Return the account's job, or None; another account's job is None too, as if it did not exist."""
    row = connection.execute(
        "SELECT * FROM charged_jobs WHERE job_id = ? AND account_id = ?", (job_id, account_id)
    ).fetchone()
    return None if row is None else _job(connection, row)


def recent(connection: sqlite3.Connection, *, account_id: str, limit: int) -> list[tuple[str, JobStatus, datetime]]:
    """Return id, status and creation time of the account's newest jobs, newest first."""
    rows = connection.execute(
        "SELECT job_id, status, created_at_ms FROM jobs WHERE account_id = ? ORDER BY number DESC LIMIT ?",
        (account_id, limit),
    )
    return [(job_id, JobStatus(status), datetime.fromtimestamp(ms / 1000, UTC)) for job_id, status, ms in rows]


def newest(connection: sqlite3.Connection, *, account_id: str, before: int | None, limit: int) -> list[Job]:
    """Return the account's newest jobs, newest first; with `before`, only jobs older than the job of that number."""
    rows = connection.execute(
        "SELECT * FROM charged_jobs WHERE account_id = ? AND number < coalesce(?, 9223372036854775807)"
        " ORDER BY number DESC LIMIT ?",
        (account_id, before, limit),
    ).fetchall()
    return [_job(connection, row) for row in rows]


def _job(connection: sqlite3.Connection, row: sqlite3.Row) -> Job:
    drawn = connection.execute("SELECT role, position FROM pictures WHERE job_number = ?", (row["number"],))
    return Job(
        number=row["number"],
        job_id=row["job_id"],
        account_id=row["account_id"],
        body=row["storyboard"],
        status=JobStatus(row["status"]),
        price_micro_eur=row["price_micro_eur"],
        error_code=row["error_code"],
        error_message=row["error_message"],
        created_at_ms=row["created_at_ms"],
        balance_after_micro_eur=row["balance_after_micro_eur"],
        drawn=frozenset(Picture(Role(role), position) for role, position in drawn),
    )
