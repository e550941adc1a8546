"""The limit on a key's requests: one token bucket for each key, refilled as time passes."""

from collections.abc import Callable
from dataclasses import dataclass, field

_MINUTE_SECONDS = 60.0


@dataclass
class RateLimit:
    """One token bucket for each key, as large as one minute's requests."""

    requests_per_minute: int
    now: Callable[[], float]
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, key_id: str) -> float:
        """Take a token for one request; return 0, or if the bucket is empty the seconds until the next token."""
        now, per_second = self.now(), self.requests_per_minute / _MINUTE_SECONDS
        tokens, filled_at = self._buckets.get(key_id, (float(self.requests_per_minute), now))
        # A clock that is set back adds no tokens, and does not stop later refills.
        tokens = min(float(self.requests_per_minute), tokens + max(0.0, now - filled_at) * per_second)
        wait_seconds = 0.0 if tokens >= 1 else (1 - tokens) / per_second
        self._buckets[key_id] = (tokens - 1 if tokens >= 1 else tokens, now)
        return wait_seconds
