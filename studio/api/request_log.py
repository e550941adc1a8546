"""The log of requests, and the headers that every answer has.

`studio.log` has a line for each request. `requests.jsonl` has an object for each POST and for each request that met a
fault. Neither holds a query or a key. The object is written before the answer is sent, so a client that has an answer
finds its line.
"""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

STUDIO_HEADER = "X-Depicta-Studio"
"""On every answer, with the studio's version; the paid service does not send it."""

ANSWER_LOST = "studio.answer_lost"
"""Type of the message that is sent instead of an answer which a fault withholds; it has the answer's `status`."""
_LOGGED_STATE = ("key_id", "job_id", "body_sha256", "fault")


class PostLog:
    """The file `requests.jsonl`; only the event loop's thread writes to it."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("a", encoding="utf-8", buffering=1)

    def add(self, entry: dict[str, object]) -> None:
        self._file.write(json.dumps(entry) + "\n")

    def close(self) -> None:
        self._file.close()


class RequestLog:
    """ASGI middleware that logs requests, with the values that endpoints set in `request.state` (`_LOGGED_STATE`)."""

    def __init__(self, app: ASGIApp, *, version: str, now: Callable[[], float]) -> None:
        self._app = app
        self._now = now
        self._headers = {
            STUDIO_HEADER: version,
            "Cache-Control": "private, no-store",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received_at = self._now()
        answered = False

        async def send_logged(message: Message) -> None:
            nonlocal answered
            if message["type"] in {"http.response.start", ANSWER_LOST}:
                answered = True
                self._log(scope, message["status"], received_at)
            if message["type"] == ANSWER_LOST:
                return
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_logged)
        finally:
            if not answered:
                self._log(scope, 500, received_at)

    def _log(self, scope: Scope, status: int, received_at: float) -> None:
        # The path as sent, still percent-encoded, so that no request can break a line of the log.
        path = scope["raw_path"].decode("ascii", "replace").split("?", 1)[0]
        state = scope.get("state", {})
        fault = f", fault {state['fault']}" if state.get("fault") else ""
        seconds = self._now() - received_at
        logger.info("%s %s %d, %.1f ms%s", scope["method"], path, status, seconds * 1000, fault)
        if scope["method"] != "POST" and not fault:
            return
        post_log: PostLog = scope["app"].state.service.post_log
        post_log.add(
            {
                "time": datetime.fromtimestamp(received_at, UTC).isoformat(),
                "method": scope["method"],
                "path": path,
                "status": status,
                "idempotency_key": Headers(scope=scope).get("idempotency-key"),
                **{name: state.get(name) for name in _LOGGED_STATE},
            }
        )
