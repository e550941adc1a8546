"""What speaks for it that the service has no job of an attempt in doubt. Evidence: no state changes by it (Rule 5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stories.api.wire import ListedJob

CLOCK_SKEW = timedelta(seconds=2)
"""How far two readings of the service's own clock, a `Date` and a `created_at`, may be apart for one moment."""


@dataclass(frozen=True)
class Settling:
    """The send was over, its outcome in doubt, at this time of the service's clock: what settles, settles from here."""

    server_date: datetime


@dataclass(frozen=True)
class Absent:
    """At this time of the service's clock its listing showed all that could be the attempt, and nothing was."""

    server_date: datetime
    message: str


def reaches_back(listed: Sequence[ListedJob], server_date: datetime, *, known_cap: int | None) -> bool:
    """Whether a listing certainly shows every job that was created since then: recent jobs only, it may leave out some.

    It does when it shows an older one, or fewer than it would ever show; an empty listing proves nothing by itself.
    """
    dates = [job.created_at for job in listed if job.created_at is not None]
    is_older = bool(dates) and min(dates) < server_date - CLOCK_SKEW
    return is_older or (known_cap is not None and len(listed) < known_cap)
