"""The studio on a socket of this machine."""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial

import uvicorn
from fastapi import FastAPI

from studio import page
from studio.accounts import new_key, open_account
from studio.app import LOOPBACK_NAMES, build_app
from studio.connections import punctual
from studio.data_directory import DataDirectory
from studio.database import Database
from studio.errors import StudioError
from studio.money import micro_eur
from studio.settings import StudioAddress, StudioSettings

STOP_SECONDS = 2
_MAX_HEADER_BYTES = 16 * 1024


def serve(
    settings: StudioSettings,
    *,
    announce: Callable[[StudioAddress], None],
    key: str | None = None,
    stop_when_stdin_closes: bool = False,
) -> None:
    """Run a studio until SIGTERM, SIGINT, or the end of stdin if that is asked for; call it in the main thread.

    `announce` is called once, when connections are accepted. Without a `key` the data directory keeps one of its own.
    Raises `StudioError` when the host is not this machine's loopback, the port is taken, or the directory is in use.
    """
    if settings.host not in LOOPBACK_NAMES:
        raise StudioError(f"the studio serves this machine only: the host is one of {', '.join(LOOPBACK_NAMES)}")
    directory = DataDirectory.prepare(settings.data_directory)
    with directory.held(), _log_to(directory), _listening(settings) as listeners:
        if len(listeners) > 1 and settings.image_origin is None:
            settings = settings.model_copy(update={"image_origin": _url_of(settings.host, listeners[1])})
        key = key or directory.kept_text("key", new_key)
        _open_account(directory, key, settings)
        app = build_app(settings)
        server = _server(app, settings)
        url = _url_of(settings.host, listeners[0])

        def announce_address() -> None:
            page_url = f"{url}{page.SIGN_IN_PATH}?token={app.state.service.new_page_token(key)}"
            announce(StudioAddress(url, key, page_url, settings.image_origin))

        with _stopped_by_signals(server):
            if stop_when_stdin_closes:
                threading.Thread(target=_stop_at_end_of_stdin, args=(server,), daemon=True).start()
            asyncio.run(_run(server, listeners, announce_address))


def _server(app: FastAPI, settings: StudioSettings) -> uvicorn.Server:
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
            h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
            http=punctual(settings.request_seconds),
            ws="none",
            loop="asyncio",
        )
    )
    app.state.connections = server.server_state.connections
    return server


async def _run(server: uvicorn.Server, listeners: list[socket.socket], announce: Callable[[], None]) -> None:
    serving = asyncio.create_task(server.serve(sockets=listeners))
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has a flag for this and no event
        await asyncio.sleep(0.005)
    if server.started:
        announce()
    await serving


@contextmanager
def _listening(settings: StudioSettings) -> Iterator[list[socket.socket]]:
    """The socket of the API, and that of the images if they have one."""
    with ExitStack() as open_sockets:
        ports = [port for port in (settings.port, settings.image_port) if port is not None]
        yield [open_sockets.enter_context(closing(_listener(settings.host, port))) for port in ports]


def _url_of(host: str, listener: socket.socket) -> str:
    return f"http://{host}:{listener.getsockname()[1]}"


def _listener(host: str, port: int) -> socket.socket:
    # The protocol is named, for asyncio turns Nagle's algorithm off (40 ms an answer) only on sockets that say TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as exc:
        listener.close()
        raise StudioError(f"port {port} of {host} cannot be used: {exc.strerror}; 0 takes any") from exc
    return listener


def _open_account(directory: DataDirectory, key: str, settings: StudioSettings) -> None:
    balance = micro_eur(settings.starting_balance_eur)
    with closing(Database(directory.database)) as database:
        asyncio.run(database.write(partial(open_account, key=key, balance_micro_eur=balance)))


@contextmanager
def _log_to(directory: DataDirectory) -> Iterator[None]:
    """Send what the studio and its libraries log to the data directory's file."""
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
    """Have a signal end the server and nothing else: uvicorn raises it once more when it is done."""

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop_at_end_of_stdin(server: uvicorn.Server) -> None:
    # The file descriptor itself: a thread inside Python's stdin object would crash the interpreter's end.
    while os.read(0, 4096):
        pass
    server.should_exit = True
