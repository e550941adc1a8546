"""Commit logs as several processes open them, each of which knows only what is on the target."""

from collections.abc import Callable
from itertools import count

from stories.clock import SystemClock
from stories.dataset.log.commits import CommitLog
from stories.storage.store import Store

NewLog = Callable[[Store], CommitLog]


def log_maker() -> NewLog:
    """Return a function that opens a log on a store; its nonces repeat from test to test."""
    numbers = count(1)
    return lambda store: CommitLog(store, SystemClock(), lambda: f"nonce{next(numbers)}")
