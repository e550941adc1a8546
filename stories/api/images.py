"""Download of images from allow-listed hosts that are not trusted: no key, no redirects, no decoding."""

import asyncio
import hashlib
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from ipaddress import ip_address
from types import TracebackType
from typing import Self

import httpx

from stories.api.access import host_of
from stories.api.http_errors import api_error, network_errors_mapped, retry_after_seconds
from stories.api.image_hosts import ImageHosts, IpAddress, refuse_address, shown_url
from stories.api.retries import Retries
from stories.api.transport import IMAGE_TIMEOUTS, Timeouts, exchange, open_transport
from stories.errors import ImageRefused, ImageUrlExpired, TransientError

MAX_IMAGE_BYTES = 64 * 1024 * 1024

_LARGE_SHARE = 4
"""Above a quarter of the maximum size, one download proceeds at a time: eight endless bodies would fill 512 MB."""

_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64}")

Resolve = Callable[[str], Awaitable[Sequence[IpAddress]]]


@dataclass(frozen=True)
class FetchedImage:
    """An image's bytes exactly as served. `declared_type` is the media type that the host claims."""

    content: bytes = field(repr=False)
    sha256: str
    declared_type: str | None


class _NotServedYet(ImageRefused):
    """A missing or empty image; the download is repeated, because a host's storage may lag behind the job."""


async def resolved(host: str) -> Sequence[IpAddress]:
    """Return the addresses of a name, IPv4 first: a machine without an IPv6 route often resolves IPv6 all the same."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return sorted((ip_address(address[0]) for *_, address in found), key=lambda address: address.version)


class ImageClient:
    """A client for signed image URLs that connects only to addresses it has checked.

    Requests are repeated by `retries` after network errors, 408, 425, 429, 5xx, 404 and an empty body.
    """

    def __init__(
        self,
        hosts: ImageHosts,
        retries: Retries,
        *,
        timeouts: Timeouts = IMAGE_TIMEOUTS,
        max_bytes: int = MAX_IMAGE_BYTES,
        resolve: Resolve = resolved,
    ) -> None:
        self._hosts = hosts
        self._retries = retries
        self._timeouts = timeouts
        self._max_bytes = max_bytes
        self._resolve = resolve
        self._large_bytes = max_bytes // _LARGE_SHARE
        self._turn_of_the_large = asyncio.Lock()
        self._transports: dict[str, httpx.AsyncHTTPTransport] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for transport in self._transports.values():
            await transport.aclose()

    async def fetch(self, url: str) -> FetchedImage:
        """Download one image of at most 64 MB.

        Raises `ImageUrlExpired` (401, 403, 410: poll for a fresh URL), `ImageRefused` with the reason `url`, `address`,
        `redirect`, `encoding`, `too_large`, `empty`, `missing` (404: a fresh URL would not help) or `http_status`, and
        `TransientError` when the retries are used up. Error texts show the URL without its query.
        """
        checked = self._hosts.checked(url)
        return await self._retries.run(
            lambda number: self._download(checked, number), retry_on=(TransientError, _NotServedYet)
        )

    async def _download(self, url: httpx.URL, number: int) -> FetchedImage:
        with network_errors_mapped(host_of(url)):
            request = await self._pinned_request(url, number)
            async with exchange(self._transport_for(host_of(url)), request, self._timeouts) as response:
                _refuse_head(response, url, self._max_bytes)
                return await self._received(response, url)

    async def _pinned_request(self, url: httpx.URL, number: int) -> httpx.Request:
        """Return a request to a checked address, with the name in `Host` and in TLS.

        The name is resolved once for each attempt, so that the address connected to is the address checked. Each
        attempt takes the next of the addresses.
        """
        host = host_of(url)
        async with asyncio.timeout(self._timeouts.connect_seconds):
            addresses = await self._resolve(host)
        for address in addresses:
            refuse_address(host, address)
        return httpx.Request(
            "GET",
            url.copy_with(host=str(addresses[number % len(addresses)])),
            headers={"Host": url.netloc.decode("ascii"), "Accept": "image/*"},
            extensions={"sni_hostname": host},
        )

    def _transport_for(self, host: str) -> httpx.AsyncHTTPTransport:
        """Return the host's transport: hosts at one address must not share a connection that TLS verified for one."""
        if host not in self._transports:
            self._transports[host] = open_transport(keep_alive=True)
        return self._transports[host]

    async def _received(self, response: httpx.Response, url: httpx.URL) -> FetchedImage:
        content, digest = bytearray(), hashlib.sha256()
        async with AsyncExitStack() as turn:
            async for piece in response.aiter_raw():
                if len(content) + len(piece) > self._max_bytes:
                    raise _too_large(url, self._max_bytes)
                if len(content) <= self._large_bytes < len(content) + len(piece):
                    await turn.enter_async_context(self._turn_of_the_large)
                content += piece
                digest.update(piece)
        if not content:
            raise _NotServedYet(f"the image is empty: {shown_url(url)}", reason="empty")
        declared = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return FetchedImage(bytes(content), digest.hexdigest(), declared if _MEDIA_TYPE.fullmatch(declared) else None)


def _refuse_head(response: httpx.Response, url: httpx.URL, max_bytes: int) -> None:
    """Raise an error unless the head announces an image whose body may be read."""
    status = response.status_code
    if status in (401, 403, 410):
        raise ImageUrlExpired(f"HTTP {status}, the image's URL is no longer valid: {shown_url(url)}", reason="expired")
    if status == 404:
        raise _NotServedYet(f"HTTP 404, the image does not exist: {shown_url(url)}", reason="missing")
    if 300 <= status < 400:
        raise ImageRefused(f"HTTP {status}, redirects are not followed: {shown_url(url)}", reason="redirect")
    if status != 200:
        error = api_error(status, None, retry_after_seconds=retry_after_seconds(response.headers))
        if isinstance(error, TransientError):
            raise error
        raise ImageRefused(f"HTTP {status} instead of an image: {shown_url(url)}", reason="http_status")
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise ImageRefused(
            f"the image is compressed, although no compression was requested: {shown_url(url)}", reason="encoding"
        )
    if int(response.headers.get("content-length", "0")) > max_bytes:
        raise _too_large(url, max_bytes)


def _too_large(url: httpx.URL, max_bytes: int) -> ImageRefused:
    return ImageRefused(f"the image is larger than {max_bytes:,} bytes: {shown_url(url)}", reason="too_large")
