"""The studio's SQLite database: one writer in its own thread, and readers that never wait for the writer.

An answer is sent only after the commit that it reports, and `synchronous=FULL` lets a commit survive a power cut.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from studio.errors import StudioError

T = TypeVar("T")

SCHEMA_VERSION = 2
_SCHEMA = """
CREATE TABLE accounts (
    account_id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    balance_micro_eur INTEGER NOT NULL CHECK (balance_micro_eur >= 0)
) STRICT;
CREATE TABLE keys (
    key_sha256 TEXT PRIMARY KEY CHECK (length(key_sha256) = 64),
    account_id TEXT NOT NULL REFERENCES accounts
) STRICT;
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES accounts,
    storyboard BLOB NOT NULL,
    idempotency_key TEXT,
    price_micro_eur INTEGER NOT NULL CHECK (price_micro_eur >= 0),
    status TEXT NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
    error_code TEXT,
    error_message TEXT,
    created_at_ms INTEGER NOT NULL,
    finished_at_ms INTEGER,
    CHECK ((status = 'failed') = (error_code IS NOT NULL)),
    CHECK ((status IN ('completed', 'failed')) = (finished_at_ms IS NOT NULL))
) STRICT;
CREATE INDEX unfinished_jobs ON jobs (number) WHERE status IN ('pending', 'processing');
CREATE INDEX jobs_of_account ON jobs (account_id, number);
CREATE INDEX jobs_by_idempotency_key ON jobs (account_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE TABLE uploads (
    upload_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts,
    format TEXT NOT NULL CHECK (format IN ('png', 'jpeg', 'webp')),
    created_at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE pictures (
    job_number INTEGER NOT NULL REFERENCES jobs,
    role TEXT NOT NULL CHECK (role IN ('scene', 'character', 'location')),
    position INTEGER NOT NULL CHECK (position >= 0),
    PRIMARY KEY (job_number, role, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE charges (
    job_id TEXT NOT NULL UNIQUE REFERENCES jobs (job_id),
    account_id TEXT NOT NULL REFERENCES accounts,
    amount_micro_eur INTEGER NOT NULL CHECK (amount_micro_eur >= 0),
    balance_after_micro_eur INTEGER NOT NULL CHECK (balance_after_micro_eur >= 0),
    charged_at_ms INTEGER NOT NULL
) STRICT;
CREATE VIEW charged_jobs AS
    SELECT jobs.*, charges.balance_after_micro_eur FROM jobs LEFT JOIN charges ON charges.job_id = jobs.job_id;
"""


class Database:
    """The studio's database. `reader` is for the event loop's thread; every change goes through `write`."""

    def __init__(self, path: Path) -> None:
        self._writer = _connect(path)
        try:
            _create_tables(self._writer)
            self.reader = _connect(path)
        except BaseException:
            self._writer.close()
            raise
        self.reader.execute("PRAGMA query_only = ON")
        self._writer_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="studio-writer")

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run `change` in one transaction, which is durable when this returns and undone when `change` raises.

        A transaction that has begun is finished even when the caller is cancelled.
        """
        return await asyncio.get_running_loop().run_in_executor(self._writer_thread, self._in_transaction, change)

    def _in_transaction(self, change: Callable[[sqlite3.Connection], T]) -> T:
        with _transaction(self._writer):
            return change(self._writer)

    def close(self) -> None:
        """Wait for the writer, then close the connections; blocks."""
        self._writer_thread.shutdown()
        self.reader.close()
        self._writer.close()


def _connect(path: Path) -> sqlite3.Connection:
    # The writer's connection is opened in this thread, and after that only the writer's thread uses it.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    for pragma in ("busy_timeout = 5000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _create_tables(connection: sqlite3.Connection) -> None:
    with _transaction(connection):
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA_VERSION):
            path = connection.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()[0]
            raise StudioError(
                f"{path} was written by another version of the studio (schema {version}): "
                "remove its directory, or choose another one"
            )
        if version == 0:
            for statement in _SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # after some errors, such as a full disk, SQLite has rolled back itself
            connection.execute("ROLLBACK")
        raise
