"""Where the Stories API is and who is asking: a base URL and a key, checked so that the key can go nowhere else."""

import re
from dataclasses import dataclass
from typing import Self

import httpx
from pydantic import SecretStr

from stories.config import ApiConfig
from stories.errors import ConfigurationError
from stories.net import is_loopback_host

_KEY = re.compile(r"[!#-&(-_a-~]{8,512}")  # printable ASCII without space, quotes and backtick
_KEY_PREFIX = "dpct_"
_DEVELOPMENT_KEY_PREFIX = "dpct_dev_"
_REDACTED = "[key]"


@dataclass(frozen=True)
class ApiAccess:
    """A base URL without a trailing slash, and the key that is sent there and nowhere else.

    Raises `ConfigurationError` unless: https, or the host is this machine; no credentials, query or fragment; a key
    that can stand in a header; a studio's key (`dpct_dev_…`) for this machine. Texts show neither the key nor the URL.
    """

    base_url: str
    key: SecretStr

    def __post_init__(self) -> None:
        key = self.key.get_secret_value()
        if not key:
            raise ConfigurationError("no API key: set DEPICTA_API_KEY, or try it without one on a studio (--studio)")
        if _KEY.fullmatch(key) is None:
            raise ConfigurationError(
                "the API key cannot be one: 8 to 512 printable characters without spaces, line ends and quotes are "
                "expected; check how DEPICTA_API_KEY is set"
            )
        if key in self.base_url or _KEY_PREFIX in self.base_url.lower():
            raise ConfigurationError("the API's URL holds a key: put it into DEPICTA_API_KEY alone")
        url = _base(self.base_url)
        if key.startswith(_DEVELOPMENT_KEY_PREFIX) and not is_loopback_host(host_of(url)):
            raise ConfigurationError(f"a studio's key ({_DEVELOPMENT_KEY_PREFIX}…) is only sent to this machine")
        segments = [segment for segment in url.raw_path.decode("ascii").split("/") if segment]
        object.__setattr__(self, "base_url", "/".join([f"{url.scheme}://{url.netloc.decode('ascii')}", *segments]))

    @classmethod
    def of(cls, api: ApiConfig) -> Self:
        """Return the access that these settings name; raises `ConfigurationError`, also without a key."""
        return cls(api.url, api.key or SecretStr(""))

    @property
    def url(self) -> httpx.URL:
        return httpx.URL(self.base_url)

    @property
    def headers(self) -> dict[str, str]:
        """What every request to the API carries; the one place where the key leaves its wrapping."""
        return {"Authorization": f"Bearer {self.key.get_secret_value()}", "Accept": "application/json"}

    def redacted(self, text: str) -> str:
        """The text without the key, should the service have echoed it."""
        return text.replace(self.key.get_secret_value(), _REDACTED)

    def redacted_bytes(self, content: bytes) -> bytes:
        """`redacted` for a body that is not parsed yet."""
        return content.replace(self.key.get_secret_value().encode(), _REDACTED.encode())


def host_of(url: httpx.URL) -> str:
    """The host as it is looked up: lower case, IDNA-encoded, an IPv6 address without brackets."""
    return url.raw_host.decode("ascii").lower()


def _base(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as exc:
        raise ConfigurationError("the API's URL is not a URL; one like https://api.example.com is expected") from exc
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigurationError("the API's URL needs a scheme and a host, such as https://api.example.com")
    if url.userinfo:
        raise ConfigurationError("the API's URL holds credentials: the key belongs into DEPICTA_API_KEY")
    if "?" in text or "#" in text:
        raise ConfigurationError(f"the API's URL ({url.host}) has a query or a fragment; give scheme, host and path")
    if url.scheme == "http" and not is_loopback_host(host_of(url)):
        raise ConfigurationError(f"the API's URL must be https: the key would go to {url.host} in the clear")
    return url
