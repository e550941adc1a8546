"""Who may see the page: whoever has the link that was printed at the start, or the key; then, for a while, the browser.

A link is good once. A session is a signed statement in a cookie, so that it outlives a restart; it opens the page and
nothing of the API.
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
    """Links that were not used yet, and what signs the cookies."""

    secret: str = field(repr=False)
    now: Callable[[], float]
    _unused: dict[str, str] = field(default_factory=dict, repr=False)

    def new_token(self, account_id: str) -> str:
        """What a sign-in link carries: 192 random bits that open the account's page once."""
        token = secrets.token_urlsafe(24)
        self._unused[hashlib.sha256(token.encode()).hexdigest()] = account_id
        return token

    def account_of_token(self, token: str) -> str | None:
        """The account that the link is for, the first time; None ever after."""
        return self._unused.pop(hashlib.sha256(token.encode()).hexdigest(), None)

    def new_cookie(self, account_id: str) -> str:
        """A value that says for `SESSION_SECONDS` whose page may be seen."""
        expires_at = str(int(self.now()) + SESSION_SECONDS)
        return f"{account_id}.{expires_at}.{self._signature(account_id, expires_at)}"

    def account_of_cookie(self, cookie: str) -> str | None:
        """The account that the value was made for, None when it is forged or has expired."""
        match = _COOKIE.fullmatch(cookie)
        if match is None:
            return None
        account_id, expires_at, signature = match.groups()
        good = hmac.compare_digest(self._signature(account_id, expires_at), signature)
        return account_id if good and self.now() < int(expires_at) else None

    def _signature(self, account_id: str, expires_at: str) -> str:
        text = f"session|{account_id}|{expires_at}"
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
