"""How many requests a key may send: a bucket of tokens for each, which fills again as time goes by."""

from collections.abc import Callable
from dataclasses import dataclass, field

_MINUTE_SECONDS = 60.0


@dataclass
class RateLimit:
    """One bucket per key, as large as a minute's requests."""

    requests_per_minute: int
    now: Callable[[], float]
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, key_id: str) -> float:
        """Take a token for one request: 0, or the seconds until there is one again."""
        now, per_second = self.now(), self.requests_per_minute / _MINUTE_SECONDS
        tokens, filled_at = self._buckets.get(key_id, (float(self.requests_per_minute), now))
        # A clock that is set back fills nothing, and does not stop the filling either.
        tokens = min(float(self.requests_per_minute), tokens + max(0.0, now - filled_at) * per_second)
        wait_seconds = 0.0 if tokens >= 1 else (1 - tokens) / per_second
        self._buckets[key_id] = (tokens - 1 if tokens >= 1 else tokens, now)
        return wait_seconds
