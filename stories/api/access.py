"""Access to the Stories API: a base URL and a key, checked so that the key is sent nowhere else."""

import re
from dataclasses import dataclass
from typing import Self

import httpx
from pydantic import SecretStr

from stories.config import ApiConfig
from stories.errors import ConfigurationError
from stories.net import is_loopback_host

_KEY = re.compile(r"[!#-&(-_a-~]{8,512}")  # printable ASCII without spaces, quotes and backticks
_KEY_PREFIX = "dpct_"
_DEVELOPMENT_KEY_PREFIX = "dpct_dev_"
_REDACTED = "[key]"


@dataclass(frozen=True)
class ApiAccess:
    """A base URL without a trailing slash, and the key that is sent there and nowhere else.

    Raises `ConfigurationError` unless the URL is https or its host is this machine, the URL has no credentials, query
    or fragment, and the key is valid in a header. A studio's key (`dpct_dev_…`) is accepted only for this machine.
    Error texts show neither the key nor the URL.
    """

    base_url: str
    key: SecretStr

    def __post_init__(self) -> None:
        key = self.key.get_secret_value()
        if not key:
            raise ConfigurationError("no API key: set DEPICTA_API_KEY, or run on a studio without a key (--studio)")
        if _KEY.fullmatch(key) is None:
            raise ConfigurationError(
                "the API key is malformed: a key has 8 to 512 printable characters without spaces, line ends and "
                "quotes; check how DEPICTA_API_KEY is set"
            )
        if key in self.base_url or _KEY_PREFIX in self.base_url.lower():
            raise ConfigurationError("the API's URL contains a key: set the key in DEPICTA_API_KEY only")
        url = _base(self.base_url)
        if key.startswith(_DEVELOPMENT_KEY_PREFIX) and not is_loopback_host(host_of(url)):
            raise ConfigurationError(f"a studio's key ({_DEVELOPMENT_KEY_PREFIX}…) is sent to this machine only")
        segments = [segment for segment in url.raw_path.decode("ascii").split("/") if segment]
        object.__setattr__(self, "base_url", "/".join([f"{url.scheme}://{url.netloc.decode('ascii')}", *segments]))

    @classmethod
    def of(cls, api: ApiConfig) -> Self:
        """Return the access of this configuration. Raises `ConfigurationError`, also when the key is missing."""
        return cls(api.url, api.key or SecretStr(""))

    @property
    def url(self) -> httpx.URL:
        return httpx.URL(self.base_url)

    @property
    def headers(self) -> dict[str, str]:
        """Headers of every request to the API; only this property unwraps the key for sending."""
        return {"Authorization": f"Bearer {self.key.get_secret_value()}", "Accept": "application/json"}

    def redacted(self, text: str) -> str:
        """Return the text without the key, which the service may have echoed."""
        return text.replace(self.key.get_secret_value(), _REDACTED)

    def redacted_bytes(self, content: bytes) -> bytes:
        """Return the body without the key, like `redacted`, before the body is parsed."""
        return content.replace(self.key.get_secret_value().encode(), _REDACTED.encode())


def host_of(url: httpx.URL) -> str:
    """Return the host as DNS needs it: lower case, IDNA-encoded, an IPv6 address without brackets."""
    return url.raw_host.decode("ascii").lower()


def _base(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as exc:
        raise ConfigurationError("the API's URL is not a URL; give one like https://api.example.com") from exc
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigurationError("the API's URL has no scheme or no host; give one like https://api.example.com")
    if url.userinfo:
        raise ConfigurationError("the API's URL contains credentials: remove them and set the key in DEPICTA_API_KEY")
    if "?" in text or "#" in text:
        raise ConfigurationError(f"the API's URL ({url.host}) has a query or a fragment; give scheme, host and path")
    if url.scheme == "http" and not is_loopback_host(host_of(url)):
        raise ConfigurationError(f"the API's URL must be https: the key would be sent to {url.host} unencrypted")
    return url
