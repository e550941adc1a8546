"""Allow-list of image hosts: the API's answers name the image URLs, and answers are not trusted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Self

import httpx

from stories.api.access import ApiAccess, host_of
from stories.api.http_errors import shown
from stories.config import VENDOR_IMAGE_HOST
from stories.errors import ConfigurationError, ImageRefused
from stories.net import is_loopback_host

_MAX_URL_CHARACTERS = 8192
_DEFAULT_PORTS = {"https": 443, "http": 80}

IpAddress = IPv4Address | IPv6Address


@dataclass(frozen=True)
class ImageHosts:
    """The hosts that images may be fetched from, each with one port; None is the default port of the scheme."""

    entries: frozenset[tuple[str, int | None]]

    @classmethod
    def of(cls, access: ApiAccess, names: Iterable[str] = (VENDOR_IMAGE_HOST,)) -> Self:
        """Allow the named hosts (`host` or `host:port`) and the API's. Raises `ConfigurationError` for other names."""
        return cls(frozenset({_entry(access.url.netloc.decode("ascii")), *(_entry(name) for name in names)}))

    def checked(self, url: str) -> httpx.URL:
        """Return the parsed URL if it may be fetched; else raise `ImageRefused` (`reason` is `url`).

        The error's text never shows the query. The URL must be https, or http with a loopback name or address. Its
        host and port must be in the list, and it must have no credentials.
        """
        if len(url) > _MAX_URL_CHARACTERS:
            raise ImageRefused(f"the image's URL is longer than {_MAX_URL_CHARACTERS:,} characters", reason="url")
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as exc:
            raise ImageRefused("the image's URL is not a URL", reason="url") from exc
        host, default_port = host_of(parsed), _DEFAULT_PORTS.get(parsed.scheme)
        port = parsed.port if parsed.port != default_port else None
        if default_port is None or not host:
            raise ImageRefused(f"the image's URL is not an https URL ({shown(parsed.scheme)}:…)", reason="url")
        if parsed.scheme == "http" and not is_loopback_host(host):
            raise ImageRefused(f"the image's URL must be https: {shown_url(parsed)}", reason="url")
        if parsed.userinfo:
            raise ImageRefused(f"the image's URL contains credentials: {shown_url(parsed)}", reason="url")
        if (host, port) not in self.entries:
            raise ImageRefused(
                f"images are not fetched from {shown(parsed.netloc.decode('ascii'))}: "
                "if you trust this host, add it to images.hosts (DEPICTA_IMAGE_HOSTS)",
                reason="url",
            )
        return parsed


def refuse_address(host: str, address: IpAddress) -> None:
    """Raise `ImageRefused` (`reason` is `address`) unless the address is allowed for the host.

    A loopback name must resolve to this machine, any other name to a public address of the internet.
    """
    if address.is_loopback if is_loopback_host(host) else address.is_global and not address.is_multicast:
        return
    raise ImageRefused(f"{host} resolves to {address}, which is not a public address", reason="address")


def shown_url(url: httpx.URL) -> str:
    """Return the URL for messages: without credentials, query and fragment."""
    return shown(f"{url.scheme}://{url.netloc.decode('ascii')}{url.raw_path.partition(b'?')[0].decode('ascii')}")


def url_expiry(url: str) -> datetime | None:
    """Return when a signed URL expires, in UTC: `exp` or `expires` (Unix time), `X-Amz-Date` plus `X-Amz-Expires`."""
    try:
        named = {name.lower(): value for name, value in httpx.URL(url).params.multi_items()}
        if "x-amz-expires" in named:
            signed = datetime.strptime(named.get("x-amz-date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return signed + timedelta(seconds=int(named["x-amz-expires"]))
        return datetime.fromtimestamp(int(named.get("exp") or named.get("expires") or ""), UTC)
    except (httpx.InvalidURL, ValueError, OverflowError, OSError):
        return None


def _entry(name: str) -> tuple[str, int | None]:
    """Parse `host` or `host:port`; the default port of https becomes None."""
    try:
        url = httpx.URL(f"https://{name}/")
    except httpx.InvalidURL:
        url = httpx.URL()
    if not url.host or url.userinfo or url.fragment or url.raw_path != b"/":
        raise ConfigurationError(f"image host {shown(name)!r} is invalid: give a host or host:port, without https://")
    return host_of(url), url.port
