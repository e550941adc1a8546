"""A local Prefect server for one command, in a process of its own.

Prefect's ephemeral server prints tracebacks when it ends, so this module starts its own. Run as a program, the module
is the server process, which ends when its stdin closes and so never outlives the command.
"""

import fcntl
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import httpx

from configs.loading import environment_of
from stories.errors import ConfigurationError

_READY_SECONDS = 180.0
_CHECK_SECONDS = 0.1
_STOP_SECONDS = 5.0
_MEMORY = "sqlite+aiosqlite:///file::memory:?cache=shared&uri=true&check_same_thread=false"


class PrefectServer:
    """A started Prefect server, which may not be ready yet."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
        self._process = process
        self._log = log
        self.url = f"http://127.0.0.1:{port}/api"

    def wait_until_ready(self) -> None:
        """Wait until the server answers. Raises `ConfigurationError` if the server does not start."""
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/health", trust_env=False, timeout=_CHECK_SECONDS * 20).is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(_CHECK_SECONDS)
        raise ConfigurationError(f"the local Prefect server did not start; read its log: {self._log}")


@contextmanager
def prefect_server_started(directory: Path) -> Iterator[PrefectServer]:
    """Start a server on a free port of this machine for the block, without waiting until it is ready.

    `directory` keeps the database and the log, because a new database takes a quarter of a minute to create. A second
    command at the same time uses a database in memory.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "server.log"
    with ExitStack() as stack:
        lock = stack.enter_context((directory / "lock").open("w"))
        database = _database(lock, directory)
        log = stack.enter_context(path.open("w"))
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        process = _start(listener, directory, database, log)
        stack.callback(_stop, process)
        yield PrefectServer(process, listener.getsockname()[1], path)


def _database(lock: IO[str], directory: Path) -> str:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _MEMORY
    return f"sqlite+aiosqlite:///{directory / 'prefect.db'}"


def _start(listener: socket.socket, directory: Path, database: str, log: IO[str]) -> "subprocess.Popen[bytes]":
    environment = environment_of(
        {
            "PREFECT_HOME": str(directory),
            "PREFECT_PROFILES_PATH": str(directory / "profiles.toml"),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_ENABLED": "false",
            "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
            "DO_NOT_TRACK": "1",
        }
    )
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "cli.prefect_server", str(listener.fileno())],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        env=environment,
        pass_fds=[listener.fileno()],
        start_new_session=True,
    )


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _serve(descriptor: int) -> None:
    import uvicorn

    threading.Thread(target=_end_with_stdin, daemon=True).start()
    uvicorn.run(
        "prefect.server.api.server:create_app", factory=True, fd=descriptor, log_level="warning", access_log=False
    )


def _end_with_stdin() -> None:
    while os.read(0, 4096):
        pass
    # Without an orderly shutdown, which takes seconds: the command has already drained its logs and events.
    os._exit(0)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
