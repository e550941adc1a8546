"""The clients of the Stories API, opened and closed together, for every program that talks to the service."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from stories.api.access import ApiAccess
from stories.api.image_hosts import ImageHosts
from stories.api.images import ImageClient
from stories.api.poll import PollClient
from stories.api.retries import Retries, RetryPolicy
from stories.api.submit import SubmitClient
from stories.api.transport import IMAGE_TIMEOUTS, POLL_TIMEOUTS, SUBMIT_TIMEOUTS, Timeouts
from stories.clock import Clock
from stories.config import RunConfig

USUAL = RetryPolicy()
BRIEF = RetryPolicy(attempts=3, first_delay_seconds=0.5, longest_delay_seconds=2.0, total_seconds=30.0)
"""For requests before anything is sent: report a wrong address at once instead of waiting for it."""


@dataclass(frozen=True)
class ApiTimeouts:
    """The timeouts of each kind of exchange."""

    submit: Timeouts = SUBMIT_TIMEOUTS
    poll: Timeouts = POLL_TIMEOUTS
    images: Timeouts = IMAGE_TIMEOUTS


USUAL_TIMEOUTS = ApiTimeouts()


@dataclass(frozen=True)
class ApiSession:
    """The clients of one service, each with its own transport."""

    polls: PollClient
    images: ImageClient
    submits: SubmitClient


def _ignore(_seconds: float | None) -> None:
    """Do nothing, for callers that have no rate to lower."""


@asynccontextmanager
async def open_session(
    config: RunConfig,
    clock: Clock,
    jitter: random.Random,
    *,
    poll_retries: RetryPolicy = USUAL,
    timeouts: ApiTimeouts = USUAL_TIMEOUTS,
    on_rate_limited: Callable[[float | None], None] = _ignore,
) -> AsyncIterator[ApiSession]:
    """Open the clients for the service and the key of the configuration, without sending a request.

    `on_rate_limited` receives the seconds of `Retry-After`, or None, of each poll that was answered 429. Raises
    `ConfigurationError` for an invalid key, URL or image host.
    """
    access = ApiAccess.of(config.api)
    retries = Retries(clock, jitter)
    async with (
        PollClient(
            access, Retries(clock, jitter, poll_retries), timeouts=timeouts.poll, on_rate_limited=on_rate_limited
        ) as polls,
        ImageClient(ImageHosts.of(access, config.images.hosts), retries, timeouts=timeouts.images) as images,
        SubmitClient(access, timeouts.submit) as submits,
    ):
        yield ApiSession(polls, images, submits)
