"""Every retry, timeout, cache and concurrency value of the tasks, each with its reason.

One layer owns retries: the transports repeat single requests for seconds, these repeat a step for the time that a story
takes.
"""

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from stories.errors import StorageUnavailable, TransientError

UNCACHED = NO_CACHE
"""For every task: ledger and manifest tell what was sent and saved; a cached poll would answer yesterday's status."""

SUBMIT_RETRIES = 0
"""A POST is paid for: the ledger alone decides whether and when a story is sent again."""

POLL_RETRIES = 200
"""Windows that a poll may take. The deadline ends it (45 min in windows of 75 s are 36); the rest is for outages."""
POLL_RETRY_DELAY_SECONDS = 1.0
"""The wait between polls is inside the window; this only lets go of the event loop."""
POLL_RETRY_JITTER = 1.0
"""Spreads stories that were submitted together, so that their retries do not arrive together."""

SAVE_RETRIES = 5
"""For a target or an image host that is away: about two minutes in all, then the next run saves the story."""
SAVE_RETRY_DELAYS_SECONDS = [2.0, 5.0, 15.0, 30.0, 60.0]

STORAGE_RETRIES = 3
"""For plan, commit and publish, which read and write the target alone and may be repeated at any point."""
STORAGE_RETRY_DELAYS_SECONDS = [2.0, 10.0, 30.0]


def is_transient(_task: "Task[..., object]", _task_run: TaskRun, state: State) -> bool:
    """Whether a failed attempt may be repeated: transient errors are, permanent ones and defects stop at once."""
    return isinstance(state.data, TransientError)


def is_storage_trouble(_task: "Task[..., object]", _task_run: TaskRun, state: State) -> bool:
    """Whether the target was away: what a plan asks of the service is told at once when it fails."""
    return isinstance(state.data, StorageUnavailable)
