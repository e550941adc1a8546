"""The real studio: as a process of its own, and in this process, where a test chooses its clock and its sleep."""

import asyncio
import json
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from stories.strict_json import JsonObject
from studio.app import build_app
from studio.process import StudioProcess
from studio.settings import StudioAddress, StudioSettings
from studio.work.accounts import charges, micro_eur, open_account
from studio.work.data_directory import DataDirectory
from studio.work.database import Database
from tests.doubles.scripted_api import KEY


@dataclass(frozen=True)
class RunningStudio:
    """The address of a studio, and what its data directory says about the requests that it was sent."""

    url: str
    key: str
    directory: Path

    @property
    def address(self) -> StudioAddress:
        return StudioAddress(self.url, self.key)

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that make a command use this studio."""
        return {"DEPICTA_API_URL": self.url, "DEPICTA_API_KEY": self.key}

    def accepted(self) -> int:
        """Return the number of submits that were answered with 202."""
        return sum(post["status"] == 202 for post in self.posts())

    def charges_per_job(self) -> Counter[str]:
        """Return the number of charges of each job."""
        return Counter(charge.job_id for charge in charges(DataDirectory(self.directory).database))

    def posts(self) -> list[JsonObject]:
        """Return every POST that was answered, in order; without the last line while it is half written."""
        return [entry for entry in self._log() if entry["method"] == "POST"]

    def faults(self) -> list[str]:
        """Return the name of every fault that the studio committed, in order."""
        return [str(entry["fault"]) for entry in self._log() if entry["fault"] is not None]

    def ask(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        """Return the rows that a query finds in the studio's database, which the studio may be writing."""
        path = DataDirectory(self.directory).database.absolute().as_uri()
        with closing(sqlite3.connect(f"{path}?mode=ro", uri=True)) as connection:
            return connection.execute(query, parameters).fetchall()

    def _log(self) -> list[JsonObject]:
        log = self.directory / "requests.jsonl"
        return [json.loads(line) for line in log.read_text().split("\n")[:-1]] if log.exists() else []


@contextmanager
def running_studio(directory: Path, **settings: object) -> Iterator[RunningStudio]:
    """Run a studio as a process; it draws small pictures at once, unless the settings say otherwise."""
    chosen = _settings(directory, port=0, **settings)
    with StudioProcess(chosen, key=KEY) as process:
        yield RunningStudio(process.address.url, process.address.key, directory)


@contextmanager
def studio_here(
    directory: Path, *, now: Callable[[], float] = time.time, **settings: object
) -> Iterator[RunningStudio]:
    """Run a studio on a socket of loopback in a thread of this process, where it starts at once."""
    app = app_with_accounts(_settings(directory, **settings), KEY, now=now)
    config = uvicorn.Config(app, log_config=None, access_log=False, http="h11", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    app.state.connections = server.server_state.connections
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # asyncio turns off Nagle's algorithm, which delays each answer by 40 ms, on a socket that says TCP alone.
        spoken = socket.socket(listener.family, listener.type, socket.IPPROTO_TCP, listener.detach())
    thread = threading.Thread(target=server.run, kwargs={"sockets": [spoken]})
    thread.start()
    try:
        yield RunningStudio(f"http://127.0.0.1:{spoken.getsockname()[1]}", KEY, directory)
    finally:
        server.should_exit = True
        thread.join()


def app_with_accounts(
    settings: StudioSettings,
    *keys: str,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> FastAPI:
    """Return the studio's application, and give each key an account with the starting balance."""
    balance = micro_eur(settings.starting_balance_eur)
    with closing(Database(DataDirectory.prepare(settings.data_directory).database)) as database:
        for key in keys:
            database._in_transaction(partial(open_account, key=key, balance_micro_eur=balance))
    return build_app(settings, now=now, sleep=sleep)


def _settings(directory: Path, **chosen: object) -> StudioSettings:
    return StudioSettings.model_validate({"data_directory": directory, "picture_size": (64, 64), **chosen})
