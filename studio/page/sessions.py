"""Access to the page: a link that works once, and a session for the browser that used it or sent the key.

A session is a signed value in a cookie, so it survives a restart of the studio. It opens the page and not the API.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

SESSION_SECONDS = 12 * 3600
_COOKIE = re.compile(r"(account-[0-9a-f]{12})\.([0-9]{1,12})\.([0-9a-f]{64})")


@dataclass
class Sessions:
    """The unused links, and the signing of cookies."""

    secret: str = field(repr=False)
    now: Callable[[], float]
    _unused: dict[str, str] = field(default_factory=dict, repr=False)

    def new_token(self, account_id: str) -> str:
        """Return the token of a sign-in link: 192 random bits that open the account's page once."""
        token = secrets.token_urlsafe(24)
        self._unused[hashlib.sha256(token.encode()).hexdigest()] = account_id
        return token

    def account_of_token(self, token: str) -> str | None:
        """Return the account of a link's token on its first use, and None afterwards."""
        return self._unused.pop(hashlib.sha256(token.encode()).hexdigest(), None)

    def new_cookie(self, account_id: str) -> str:
        """Return a cookie that opens the account's page for `SESSION_SECONDS`."""
        expires_at = str(int(self.now()) + SESSION_SECONDS)
        return f"{account_id}.{expires_at}.{self._signature(account_id, expires_at)}"

    def account_of_cookie(self, cookie: str) -> str | None:
        """Return the account of a cookie, or None when the cookie is forged or has expired."""
        match = _COOKIE.fullmatch(cookie)
        if match is None:
            return None
        account_id, expires_at, signature = match.groups()
        good = hmac.compare_digest(self._signature(account_id, expires_at), signature)
        return account_id if good and self.now() < int(expires_at) else None

    def _signature(self, account_id: str, expires_at: str) -> str:
        text = f"session|{account_id}|{expires_at}"
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
