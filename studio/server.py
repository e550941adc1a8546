"""The studio on a socket of this machine."""

import asyncio
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from studio.app import LOOPBACK_NAMES, build_app
from studio.errors import StudioError
from studio.page.routes import SIGN_IN_PATH
from studio.settings import StudioAddress, StudioSettings
from studio.work.accounts import micro_eur, new_key, open_account
from studio.work.data_directory import DataDirectory
from studio.work.database import Database

STOP_SECONDS = 2
_MAX_HEADER_BYTES = 16 * 1024


def serve(
    settings: StudioSettings,
    *,
    on_ready: Callable[[StudioAddress], None],
    key: str | None = None,
    stop_when_stdin_closes: bool = False,
) -> None:
    """Run a studio until SIGTERM, SIGINT or, if `stop_when_stdin_closes`, the end of stdin; call it in the main thread.

    `on_ready` is called once, when connections are accepted. Without a `key` the data directory keeps its own key.
    Raises `StudioError` when the host is not this machine's loopback, the port is taken, or the directory is in use.
    """
    if settings.host not in LOOPBACK_NAMES:
        raise StudioError(f"the studio serves this machine only: the host must be one of {', '.join(LOOPBACK_NAMES)}")
    directory = DataDirectory.prepare(settings.data_directory)
    with directory.held(), _log_to(directory), _listening(settings) as listeners:
        if len(listeners) > 1 and settings.image_origin is None:
            settings = settings.model_copy(update={"image_origin": _url_of(settings.host, listeners[1])})
        key = key or directory.kept_text("key", new_key)
        _open_account(directory, key, settings)
        app = build_app(settings)
        server = _server(app, settings)
        url = _url_of(settings.host, listeners[0])

        def report_address() -> None:
            page_url = f"{url}{SIGN_IN_PATH}?token={app.state.service.new_page_token(key)}"
            on_ready(StudioAddress(url, key, page_url, settings.image_origin))

        with _stopped_by_signals(server):
            if stop_when_stdin_closes:
                threading.Thread(target=_stop_at_end_of_stdin, args=(server,), daemon=True).start()
            asyncio.run(_run(server, listeners, report_address))


def serve_parent_process() -> int:
    """Serve with the settings in the first line of stdin and return an exit code; the child's end of `StudioProcess`.

    Writes one JSON line to stdout: the address, or the error.
    """
    message = json.loads(sys.stdin.buffer.readline())
    settings = StudioSettings.model_validate(message["settings"])
    try:
        serve(settings, on_ready=_write_address, key=message["key"], stop_when_stdin_closes=True)
    except StudioError as exc:
        _write_line({"error": str(exc)})
        return 1
    return 0


def _write_address(address: StudioAddress) -> None:
    _write_line({"url": address.url, "key": address.key, "page_url": address.page_url})


def _write_line(document: dict[str, str | None]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


class PunctualProtocol(H11Protocol):
    """An HTTP connection that is closed when a request's head has not arrived in time.

    uvicorn limits only the pause between two requests, and lifts that limit with the first byte of the next one.
    """

    head_seconds: float
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self.head_seconds, transport.abort)

    def data_received(self, data: bytes) -> None:
        if self._deadline is None and self.conn.their_state is h11.IDLE:
            self._deadline = self.loop.call_later(self.head_seconds, self.transport.abort)
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._cancel_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_deadline()
        super().connection_lost(exc)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _server(app: FastAPI, settings: StudioSettings) -> uvicorn.Server:
    # uvicorn makes the connections itself, so the time limit is an attribute of the class.
    protocol = type("PunctualProtocol", (PunctualProtocol,), {"head_seconds": settings.request_seconds})
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
            h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
            http=protocol,
            ws="none",
            loop="asyncio",
        )
    )
    app.state.connections = server.server_state.connections
    return server


async def _run(server: uvicorn.Server, listeners: list[socket.socket], on_ready: Callable[[], None]) -> None:
    serving = asyncio.create_task(server.serve(sockets=listeners))
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has a flag for this and no event
        await asyncio.sleep(0.005)
    if server.started:
        on_ready()
    await serving


@contextmanager
def _listening(settings: StudioSettings) -> Iterator[list[socket.socket]]:
    """Yield the socket of the API, then the socket of the images if they have their own port."""
    with ExitStack() as open_sockets:
        ports = [port for port in (settings.port, settings.image_port) if port is not None]
        yield [open_sockets.enter_context(closing(_listener(settings.host, port))) for port in ports]


def _url_of(host: str, listener: socket.socket) -> str:
    return f"http://{host}:{listener.getsockname()[1]}"


def _listener(host: str, port: int) -> socket.socket:
    # asyncio disables Nagle's algorithm (40 ms for each answer) only on sockets created with IPPROTO_TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as exc:
        listener.close()
        raise StudioError(f"port {port} of {host} cannot be used: {exc.strerror}; port 0 takes any free one") from exc
    return listener


def _open_account(directory: DataDirectory, key: str, settings: StudioSettings) -> None:
    balance = micro_eur(settings.starting_balance_eur)
    with closing(Database(directory.database)) as database:
        asyncio.run(database.write(partial(open_account, key=key, balance_micro_eur=balance)))


@contextmanager
def _log_to(directory: DataDirectory) -> Iterator[None]:
    """Write the log of the studio and its libraries to the data directory while the block runs."""
    handler = logging.FileHandler(directory.log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()


@contextmanager
def _stopped_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """Let SIGINT and SIGTERM end the server and nothing else: uvicorn raises the signal again after its shutdown."""

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop_at_end_of_stdin(server: uvicorn.Server) -> None:
    # Reads the file descriptor: a thread inside Python's stdin object crashes the interpreter's shutdown.
    while os.read(0, 4096):
        pass
    server.should_exit = True
