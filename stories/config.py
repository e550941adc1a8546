"""The plain values that production works by, handed down from the settings."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pydantic import SecretStr

from stories.api.timeouts import IMAGE_TIMEOUTS, POLL_TIMEOUTS, SUBMIT_TIMEOUTS, Timeouts
from stories.api.wire import ImageFormat
from stories.ledger.doubt_policy import ReconcileTerms


@dataclass(frozen=True)
class Terms:
    """How stories are produced; the meaning, bounds and defaults of each value stand with its setting."""

    api_url: str
    api_key: SecretStr
    send_idempotency_key: bool
    image_hosts: tuple[str, ...]
    formats: tuple[ImageFormat, ...]
    references: bool
    downloads: int
    in_flight: int
    submits_per_second: float
    max_cost_eur: Decimal | None
    max_cost_eur_total: Decimal | None
    price_per_image_eur: Decimal | None
    doubts: ReconcileTerms
    poll_window_seconds: float
    poll_interval_seconds: float
    poll_deadline_seconds: float
    lost_after_seconds: float
    commit_stories: int
    commit_seconds: float
    state_directory: Path
    likeness: str = "palettes"
    low_char_similarity: float = 0.5
    submit_timeouts: Timeouts = SUBMIT_TIMEOUTS
    poll_timeouts: Timeouts = POLL_TIMEOUTS
    image_timeouts: Timeouts = IMAGE_TIMEOUTS
