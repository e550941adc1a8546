"""Every retry, timeout, cache and concurrency value of the tasks, each with its reason.

Each kind of retry has one owner: the transports repeat single requests for seconds, and the tasks repeat a step for as
long as a story takes.
"""

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from stories.errors import StorageUnavailable, TransientError

UNCACHED = NO_CACHE
"""For every task: ledger and manifest record what was sent and saved; a cached poll would return an old status."""

SUBMIT_RETRIES = 0
"""A POST costs money: only the ledger decides whether and when a story is sent again."""

POLL_RETRIES = 200
"""Windows of a poll. The deadline needs 36 of them (45 min in windows of 75 s); the others are for outages."""
POLL_RETRY_DELAY_SECONDS = 1.0
"""The wait between polls is inside the window; this delay only yields to the event loop."""
POLL_RETRY_JITTER = 1.0
"""Spreads the retries of stories that were submitted together."""

SAVE_RETRIES = 5
"""For a target or an image host that is unavailable: about two minutes in all, then the next run saves the story."""
SAVE_RETRY_DELAYS_SECONDS = [2.0, 5.0, 15.0, 30.0, 60.0]

STORAGE_RETRIES = 3
"""For plan, commit and publish, which read and write only the target and may be repeated at any point."""
STORAGE_RETRY_DELAYS_SECONDS = [2.0, 10.0, 30.0]


def is_transient(_task: "Task[..., object]", _task_run: TaskRun, state: State) -> bool:
    """Return True if the attempt failed with a transient error; permanent errors and defects are not retried."""
    return isinstance(state.data, TransientError)


def is_storage_trouble(_task: "Task[..., object]", _task_run: TaskRun, state: State) -> bool:
    """Return True if the target was unavailable; an error of the service is raised at once, without a retry."""
    return isinstance(state.data, StorageUnavailable)
