"""How long each kind of exchange with the service may take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timeouts:
    """How long one exchange may take: to connect, between two pieces of the answer, and in all."""

    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    total_seconds: float = 60.0


SUBMIT_TIMEOUTS = Timeouts(read_seconds=120.0, total_seconds=150.0)
"""A submit waits longer for its answer than a poll: giving up leaves a doubt, and a doubt can hold a story."""
POLL_TIMEOUTS = Timeouts()
IMAGE_TIMEOUTS = Timeouts(total_seconds=300.0)
