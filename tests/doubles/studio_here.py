"""A studio on a socket of loopback in a thread of this process: there at once, with the clock and faults of a test."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import uvicorn

from studio.app import build_app
from studio.settings import StudioSettings
from studio.work.accounts import micro_eur, open_account
from studio.work.data_directory import DataDirectory
from studio.work.database import Database
from tests.doubles.running_studio import KEY, RunningStudio


@contextmanager
def studio_here(
    directory: Path, *, now: Callable[[], float] = time.time, **settings: object
) -> Iterator[RunningStudio]:
    """It draws small pictures at once, and has ended after the block; `settings` are those of the studio."""
    chosen = StudioSettings.model_validate({"data_directory": directory, "picture_size": (64, 64), **settings})
    app = build_app(chosen, now=now)
    config = uvicorn.Config(app, log_config=None, access_log=False, http="h11", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    app.state.connections = server.server_state.connections
    with closing(Database(DataDirectory.prepare(directory).database)) as database:
        opens = partial(open_account, key=KEY, balance_micro_eur=micro_eur(chosen.starting_balance_eur))
        database._in_transaction(opens)  # a test may have a loop already
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # Only a socket that says TCP is freed of Nagle's delay of 40 ms an answer.
        spoken = socket.socket(listener.family, listener.type, socket.IPPROTO_TCP, listener.detach())
    thread = threading.Thread(target=server.run, kwargs={"sockets": [spoken]})
    thread.start()
    try:
        yield RunningStudio(f"http://127.0.0.1:{spoken.getsockname()[1]}", KEY, directory)
    finally:
        server.should_exit = True
        thread.join()
