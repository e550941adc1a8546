"""One HTTP exchange on a bare transport of httpx.

Unlike `httpx.AsyncClient`, a bare transport reads no environment variables and no .netrc, keeps no cookies, follows no
redirects, and logs no full URL with its signature (facts F3 and F8). None of this can be switched on by accident.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

import httpx

from stories.api.http_errors import GarbledAnswer

_CONNECTIONS = 100
_IDLE_SECONDS = 30.0


@dataclass(frozen=True)
class Timeouts:
    """The limits of one exchange: to connect, between two pieces of the answer, and in total."""

    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    total_seconds: float = 60.0


SUBMIT_TIMEOUTS = Timeouts(read_seconds=120.0, total_seconds=150.0)
"""A submit waits longer for its answer than a poll: a timeout leaves a doubt, and a doubt can hold a story."""
POLL_TIMEOUTS = Timeouts()
IMAGE_TIMEOUTS = Timeouts(total_seconds=300.0)


def open_transport(*, keep_alive: bool, connect_retries: int = 0) -> httpx.AsyncHTTPTransport:
    """Open a transport that verifies certificates and uses no proxy; without `keep_alive`, no connection is reused."""
    limits = httpx.Limits(
        max_connections=_CONNECTIONS,
        max_keepalive_connections=_CONNECTIONS if keep_alive else 0,
        keepalive_expiry=_IDLE_SECONDS,
    )
    return httpx.AsyncHTTPTransport(_verification(), limits=limits, retries=connect_retries)


@cache
def _verification() -> ssl.SSLContext:
    """Load the certificate authorities, once per process because this takes longer than a request."""
    return httpx.create_ssl_context(trust_env=False)


@asynccontextmanager
async def exchange(
    transport: httpx.AsyncHTTPTransport, request: httpx.Request, timeouts: Timeouts
) -> AsyncIterator[httpx.Response]:
    """Send the request and yield the response once its head has arrived; the block reads the body.

    Raises the exceptions of httpx, and `TimeoutError` when the exchange exceeds its total time. The request asks for an
    uncompressed body (identity), because 200 KB of gzip can become 200 MB (fact F9).
    """
    request.headers["Accept-Encoding"] = "identity"
    request.headers["User-Agent"] = "depicta-stories"
    # Without these timeouts the transport would wait for ever.
    request.extensions["timeout"] = httpx.Timeout(timeouts.read_seconds, connect=timeouts.connect_seconds).as_dict()
    async with asyncio.timeout(timeouts.total_seconds):
        response = await transport.handle_async_request(request)
        try:
            yield response
        finally:
            await response.aclose()


async def read_body(response: httpx.Response, into: bytearray, *, max_bytes: int) -> None:
    """Append the undecoded body; bytes before a failure are kept. Raises `GarbledAnswer` when it is too large."""
    async for piece in response.aiter_raw():
        if len(into) + len(piece) > max_bytes:
            raise GarbledAnswer(f"the answer is larger than {max_bytes:,} bytes")
        into += piece
