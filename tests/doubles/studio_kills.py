"""A studio that is killed over and over while stories are sent to it, and its books afterwards."""

import asyncio
import os
import random
import signal
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import httpx

from stories.api.wire import Profile
from studio.process import StudioProcess
from studio.settings import StudioSettings
from studio.work.accounts import charges
from studio.work.data_directory import DataDirectory
from tests.doubles.open_studio import client_of, polled, story, submitted

KEY = "dpct_dev_key-of-the-kills"
BALANCE_EUR = Decimal(10_000)
STORIES_PER_LIFE = 10
MOST_CHARGES_PER_LIFE = 3
LONGEST_WAIT_SECONDS = 0.1


@dataclass
class Books:
    """What clients were told, and what the studio's database says when all is done."""

    kills: int = 0
    accepted: list[str] = field(default_factory=list)
    """The job of every 202 that arrived."""
    replies_lost: int = 0
    """Submits that a kill cut off: nobody was told whether they were accepted."""
    jobs: dict[str, str] = field(default_factory=dict)
    """The status of every job there is."""
    charged: list[str] = field(default_factory=list)
    """The job of every charge."""
    charged_eur: Decimal = Decimal(0)
    balance_eur: Decimal | None = None

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {len(self.accepted)} stories accepted, {self.replies_lost} replies lost, "
            f"{len(self.jobs)} jobs, {len(self.charged)} charges"
        )


async def kill_under_load(directory: Path, *, kills: int, chance: random.Random) -> Books:
    """Kill the studio so many times, each at a moment of chance, then let it finish what it has.

    The moment is a little after so many stories were accepted and so many others charged, however long that takes.
    """
    database = DataDirectory(directory).database
    settings = StudioSettings(
        data_directory=directory, port=0, picture_size=(64, 64), slots=2, starting_balance_eur=BALANCE_EUR
    )
    books = Books()
    for _ in range(kills):
        with StudioProcess(settings, key=KEY) as studio:
            enough = asyncio.Event()
            wanted = chance.randint(0, STORIES_PER_LIFE - 1)
            load = asyncio.create_task(_send_stories(studio.address.url, books, enough, wanted))
            await enough.wait()
            more = min(chance.randint(0, MOST_CHARGES_PER_LIFE), wanted)
            charged = len(charges(database))
            while len(charges(database)) < charged + more:  # noqa: ASYNC110 - another process charges
                await asyncio.sleep(0.01)
            await asyncio.sleep(chance.uniform(0, LONGEST_WAIT_SECONDS))
            os.kill(studio.pid, signal.SIGKILL)
            assert await asyncio.to_thread(studio.wait) == -signal.SIGKILL
            await load
            books.kills += 1
    with StudioProcess(settings, key=KEY) as studio:
        async with client_of(httpx.AsyncHTTPTransport(verify=False), KEY, studio.address.url) as client:
            for job_id in _statuses(directory):
                await polled(client, job_id)
            profile = Profile.model_validate((await client.get("/v1/account/profile")).json())
    books.jobs = _statuses(directory)
    books.charged = [charge.job_id for charge in charges(database)]
    books.charged_eur = sum((charge.amount_eur for charge in charges(database)), Decimal(0))
    books.balance_eur = profile.user.balance_eur
    return books


async def _send_stories(url: str, books: Books, enough: asyncio.Event, wanted: int) -> None:
    """Send stories one after the other until there is nobody to take them; set the event after so many."""
    async with client_of(httpx.AsyncHTTPTransport(verify=False), KEY, url) as client:
        for number in range(STORIES_PER_LIFE):
            if number == wanted:
                enough.set()
            try:
                books.accepted.append(await submitted(client, story(f"story {number} of life {books.kills}")))
            except httpx.TransportError:
                books.replies_lost += 1
                return


def _statuses(directory: Path) -> dict[str, str]:
    path = DataDirectory(directory).database.absolute().as_uri()
    with closing(sqlite3.connect(f"{path}?mode=ro", uri=True)) as connection:
        return dict(connection.execute("SELECT job_id, status FROM jobs ORDER BY number"))
