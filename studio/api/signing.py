"""Signed image URLs, which open their file without a key until they expire.

The signature is HMAC-SHA256 over `GET|path|expiry|key id|format`, compared in constant time. The key id names the
secret. The first secret signs; a URL that an older secret has signed is valid until it expires.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from studio.errors import PictureRefused

_EXPIRY = re.compile(r"[0-9]{1,12}")


def new_secret() -> str:
    """Return a fresh secret of 256 random bits."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class UrlSigner:
    """Signs paths and checks signatures; the newest secret comes first, and no secret leaves the studio."""

    secrets: tuple[str, ...] = field(repr=False)
    lifetime_seconds: int

    def signed(self, path: str, *, now: float) -> str:
        """Return the path with a query that opens it until `lifetime_seconds` after `now`."""
        secret, expires_at = self.secrets[0], str(int(now) + self.lifetime_seconds)
        return f"{path}?exp={expires_at}&kid={_key_id(secret)}&sig={_signature(secret, path, expires_at)}"

    def check(self, path: str, query: Sequence[tuple[str, str]], *, now: float) -> None:
        """Raise `PictureRefused` (403) unless `signed` made the query for this path and it has not expired."""
        parameters = dict(query)
        if len(query) != 3 or parameters.keys() != {"exp", "kid", "sig"}:
            raise PictureRefused(403, "An image URL has exactly the parameters exp, kid and sig.")
        expires_at = parameters["exp"]
        secret = next((known for known in self.secrets if _key_id(known) == parameters["kid"]), None)
        if (
            secret is None
            or _EXPIRY.fullmatch(expires_at) is None
            or not hmac.compare_digest(_signature(secret, path, expires_at).encode(), parameters["sig"].encode())
        ):
            raise PictureRefused(403, "The signature of this image URL is wrong; poll the job again for a fresh URL.")
        if now >= int(expires_at):
            raise PictureRefused(403, "This image URL has expired; poll the job again for a fresh URL.")


def _key_id(secret: str) -> str:
    return hashlib.sha256(b"key id|" + secret.encode()).hexdigest()[:8]


def _signature(secret: str, path: str, expires_at: str) -> str:
    text = f"GET|{path}|{expires_at}|{_key_id(secret)}|{PurePosixPath(path).suffix}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
