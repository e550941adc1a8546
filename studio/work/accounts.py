"""Accounts, their keys, and their money.

Inside the studio an amount is a whole number of micro-euros; on the wire it is a decimal string.
"""

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

MICRO = 1_000_000
KEY_PREFIX = "dpct_dev_"
_KEY = re.compile(KEY_PREFIX + r"[A-Za-z0-9_-]{8,128}")


@dataclass(frozen=True)
class Account:
    """The account of a request; `key_id` identifies its key in logs without revealing it."""

    account_id: str
    key_id: str


@dataclass(frozen=True)
class Funds:
    """An account's money in micro-euros; the held part is the price of its unfinished jobs."""

    email: str
    balance_micro_eur: int
    held_micro_eur: int

    @property
    def available_micro_eur(self) -> int:
        return self.balance_micro_eur - self.held_micro_eur


@dataclass(frozen=True)
class Charge:
    """A line of the charge log: one completed and charged story."""

    job_id: str
    amount_eur: Decimal
    charged_at: datetime


def micro_eur(amount_eur: Decimal) -> int:
    """Return the micro-euros of an amount with at most six decimal places."""
    return int(amount_eur * MICRO)


def eur(amount_micro_eur: int) -> Decimal:
    """Return the exact amount in euros."""
    return Decimal(amount_micro_eur) / MICRO


def eur_text(amount_micro_eur: int) -> str:
    """Return euros as the API writes them: at least two decimal places, and more only if the amount needs them."""
    euros, rest = divmod(amount_micro_eur, MICRO)
    return f"{euros}.{f'{rest:06d}'.rstrip('0'):0<2}"


def new_key() -> str:
    """Return a fresh key of 192 random bits; its prefix distinguishes it from a key of the paid service."""
    return KEY_PREFIX + secrets.token_urlsafe(24)


def open_account(connection: sqlite3.Connection, key: str, *, balance_micro_eur: int) -> Account:
    """Return the account of the key, created with this balance if the key is new.

    Raises `StudioError` for a key without the studio's prefix, so that no key of the paid service is ever stored.
    """
    if _KEY.fullmatch(key) is None:
        raise StudioError(f"a studio's key is {KEY_PREFIX} and 8 to 128 of A-Z a-z 0-9 _ -; the given key is not")
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
    """Return the account of the key, or None.

    The key is looked up by its SHA-256, so the time of the look-up reveals nothing that helps to guess a key.
    """
    digest = sha256_hex(key.encode())
    row = connection.execute("SELECT account_id FROM keys WHERE key_sha256 = ?", (digest,)).fetchone()
    return None if row is None else Account(account_id=row["account_id"], key_id=digest[:12])


def funds_of(connection: sqlite3.Connection, account_id: str) -> Funds:
    """Return the account's money at this moment."""
    row = connection.execute(
        "SELECT email, balance_micro_eur, (SELECT coalesce(sum(price_micro_eur), 0) FROM jobs"
        " WHERE jobs.account_id = accounts.account_id AND status IN ('pending', 'processing')) AS held_micro_eur"
        " FROM accounts WHERE account_id = ?",
        (account_id,),
    ).fetchone()
    return Funds(**row)


def charge(connection: sqlite3.Connection, *, job_id: str, account_id: str, amount_micro_eur: int, now_ms: int) -> None:
    """Subtract the price of a completed job from the account; call it in the transaction that completes the job.

    A second charge of one job violates a constraint of the database, which undoes that transaction.
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
    """Return the charge log in order; it can be read while a studio runs on the database."""
    with closing(sqlite3.connect(f"{database_path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT job_id, amount_micro_eur, charged_at_ms FROM charges ORDER BY rowid"
        ).fetchall()
    return [
        Charge(job_id, eur(amount_micro_eur), datetime.fromtimestamp(charged_at_ms / 1000, UTC))
        for job_id, amount_micro_eur, charged_at_ms in rows
    ]
