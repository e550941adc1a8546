"""Accounts, the keys that open them, and the money in them."""

import re
import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from stories.strict_json import sha256_hex
from studio.errors import StudioError
from studio.money import eur

KEY_PREFIX = "dpct_dev_"
_KEY = re.compile(KEY_PREFIX + r"[A-Za-z0-9_-]{8,128}")


@dataclass(frozen=True)
class Account:
    """Who a request comes from; `key_id` names its key in logs without giving it away."""

    account_id: str
    key_id: str


@dataclass(frozen=True)
class Funds:
    """An account's money in micro-euros; what is held is the price of the jobs that are not finished."""

    email: str
    balance_micro_eur: int
    held_micro_eur: int

    @property
    def available_micro_eur(self) -> int:
        return self.balance_micro_eur - self.held_micro_eur


@dataclass(frozen=True)
class Charge:
    """A line of the charge log: a story that was completed and paid for."""

    job_id: str
    amount_eur: Decimal
    charged_at: datetime


def new_key() -> str:
    """A fresh key of 192 random bits; its prefix tells a studio's key from one that costs money."""
    return KEY_PREFIX + secrets.token_urlsafe(24)


def open_account(connection: sqlite3.Connection, key: str, *, balance_micro_eur: int) -> Account:
    """The account that the key opens, created with this balance if the key is new.

    Raises `StudioError` for a key without the studio's prefix, so that one that costs money is never left here.
    """
    if _KEY.fullmatch(key) is None:
        raise StudioError(f"a studio's key is {KEY_PREFIX} and at least 8 of A-Z a-z 0-9 _ -; this one is not")
    account = account_of_key(connection, key)
    if account is None:
        digest = sha256_hex(key.encode())
        account = Account(account_id=f"account-{digest[:12]}", key_id=digest[:12])
        connection.execute(
            "INSERT INTO accounts (account_id, email, balance_micro_eur) VALUES (?, ?, ?)",
            (account.account_id, f"{account.key_id}@studio.invalid", balance_micro_eur),
        )
        connection.execute("INSERT INTO keys (key_sha256, account_id) VALUES (?, ?)", (digest, account.account_id))
    return account


def account_of_key(connection: sqlite3.Connection, key: str) -> Account | None:
    """The account that the key opens, or None.

    The look-up is by the SHA-256 of the key: what its time could tell is about a hash that nobody can aim.
    """
    digest = sha256_hex(key.encode())
    row = connection.execute("SELECT account_id FROM keys WHERE key_sha256 = ?", (digest,)).fetchone()
    return None if row is None else Account(account_id=row["account_id"], key_id=digest[:12])


def funds_of(connection: sqlite3.Connection, account_id: str) -> Funds:
    """The account's money at this moment."""
    row = connection.execute(
        "SELECT email, balance_micro_eur, (SELECT coalesce(sum(price_micro_eur), 0) FROM jobs"
        " WHERE jobs.account_id = accounts.account_id AND status IN ('pending', 'processing')) AS held_micro_eur"
        " FROM accounts WHERE account_id = ?",
        (account_id,),
    ).fetchone()
    return Funds(**row)


def charge(connection: sqlite3.Connection, *, job_id: str, account_id: str, amount_micro_eur: int, now_ms: int) -> None:
    """Take the price of a completed job from the account; belongs into the transaction that completes the job.

    A second charge of one job breaks a constraint and undoes that transaction.
    """
    balance = connection.execute(
        "UPDATE accounts SET balance_micro_eur = balance_micro_eur - ? WHERE account_id = ?"
        " RETURNING balance_micro_eur",
        (amount_micro_eur, account_id),
    ).fetchone()[0]
    connection.execute(
        "INSERT INTO charges (job_id, account_id, amount_micro_eur, balance_after_micro_eur, charged_at_ms)"
        " VALUES (?, ?, ?, ?, ?)",
        (job_id, account_id, amount_micro_eur, balance, now_ms),
    )


def charges(database_path: Path) -> list[Charge]:
    """The charge log, in the order of charging; may be read while a studio runs on the database."""
    with closing(sqlite3.connect(f"{database_path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT job_id, amount_micro_eur, charged_at_ms FROM charges ORDER BY rowid"
        ).fetchall()
    return [
        Charge(job_id, eur(amount_micro_eur), datetime.fromtimestamp(charged_at_ms / 1000, UTC))
        for job_id, amount_micro_eur, charged_at_ms in rows
    ]
