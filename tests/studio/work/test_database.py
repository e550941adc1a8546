import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from studio.errors import StudioError
from studio.work import accounts, jobs
from studio.work.database import Database
from studio.work.jobs import Job

KEY = "dpct_dev_key-of-the-database"
BODY = b'{"scenes": [{"prompt": "a cat"}]}'


async def a_running_job(database: Database, *, price_micro_eur: int, balance_micro_eur: int) -> Job:
    account = await database.write(partial(accounts.open_account, key=KEY, balance_micro_eur=balance_micro_eur))
    new = partial(jobs.add, account_id=account.account_id, body=BODY, idempotency_key=None)
    await database.write(partial(new, price_micro_eur=price_micro_eur, now_ms=1))
    job = await database.write(partial(jobs.claim, in_slots=()))
    assert job is not None
    return job


async def test_a_job_completed_twice_is_charged_once(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "studio.sqlite3")) as database:
        job = await a_running_job(database, price_micro_eur=3, balance_micro_eur=10)
        await database.write(partial(jobs.complete, job=job, now_ms=2))
        with pytest.raises(sqlite3.IntegrityError):
            await database.write(partial(jobs.complete, job=job, now_ms=3))
        funds = accounts.funds_of(database.reader, job.account_id)
    assert (funds.balance_micro_eur, funds.held_micro_eur) == (7, 0)
    assert len(accounts.charges(tmp_path / "studio.sqlite3")) == 1


async def test_a_charge_that_is_not_covered_undoes_the_completion(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "studio.sqlite3")) as database:
        job = await a_running_job(database, price_micro_eur=11, balance_micro_eur=10)
        with pytest.raises(sqlite3.IntegrityError):
            await database.write(partial(jobs.complete, job=job, now_ms=2))
        after = jobs.find(database.reader, account_id=job.account_id, job_id=job.job_id)
    assert after is not None
    assert after.status == "processing"
    assert accounts.charges(tmp_path / "studio.sqlite3") == []


async def test_a_job_in_a_slot_is_not_claimed_again_until_the_next_studio(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "studio.sqlite3")) as database:
        job = await a_running_job(database, price_micro_eur=1, balance_micro_eur=10)
        assert await database.write(partial(jobs.claim, in_slots=[job.number])) is None
    with closing(Database(tmp_path / "studio.sqlite3")) as database:
        again = await database.write(partial(jobs.claim, in_slots=()))
    assert again is not None
    assert again.job_id == job.job_id


async def test_a_key_is_kept_as_its_hash_and_opens_one_account(tmp_path: Path) -> None:
    path = tmp_path / "studio.sqlite3"
    with closing(Database(path)) as database:
        first = await database.write(partial(accounts.open_account, key=KEY, balance_micro_eur=5))
        second = await database.write(partial(accounts.open_account, key=KEY, balance_micro_eur=9))
        assert accounts.funds_of(database.reader, first.account_id).balance_micro_eur == 5
    assert first == second
    assert KEY.encode() not in path.read_bytes()


async def test_a_commit_reaches_the_disk_and_the_reader_writes_nothing(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "studio.sqlite3")) as database:
        pragmas = await database.write(
            lambda connection: [
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("synchronous", "journal_mode", "foreign_keys", "busy_timeout")
            ]
        )
        with pytest.raises(sqlite3.OperationalError):
            database.reader.execute("DELETE FROM jobs")
    assert pragmas == [2, "wal", 1, 5000]


def test_a_database_of_another_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "studio.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StudioError, match="schema 99"):
        Database(path)
