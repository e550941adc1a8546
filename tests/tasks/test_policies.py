"""What is tried again and what is not: read from the tasks as Prefect reads it."""

from uuid import uuid4

import pytest
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import TaskRun
from prefect.states import Failed

from stories import errors
from stories.errors import StoriesError
from tasks import policies
from tasks.run import build_gallery, plan, publish
from tasks.story import commit_parts, poll_story, save_story, submit_story

EVERY_TASK = (plan, submit_story, poll_story, save_story, commit_parts, publish, build_gallery)
TRANSIENT: tuple[StoriesError, ...] = (
    errors.ConnectionLost("x"),
    errors.RateLimited("x"),
    errors.ServiceUnavailable("x", http_status=503),
    errors.StorageUnavailable("x"),
    errors.StillRunning("x", job_id="j1"),
)
FINAL: tuple[BaseException, ...] = (
    errors.AuthenticationFailed("x", http_status=401, code="authentication_error"),
    errors.UnexpectedAnswer("x"),
    errors.TargetUnusable("x"),
    errors.LedgerDamaged("x"),
    errors.SpoolUnusable("x"),
    errors.ConfigurationError("x"),
    errors.ImageRefused("x", reason="html"),
    AssertionError("a defect"),
)


def run_of_task() -> TaskRun:
    return TaskRun(task_key="poll-story", dynamic_key="0", flow_run_id=uuid4())


@pytest.mark.parametrize("error", TRANSIENT, ids=lambda error: type(error).__name__)
def test_what_may_pass_is_tried_again(error: StoriesError) -> None:
    assert policies.is_transient(poll_story, run_of_task(), Failed(data=error))
    is_storage = isinstance(error, errors.StorageUnavailable)
    assert policies.is_storage_trouble(plan, run_of_task(), Failed(data=error)) is is_storage


@pytest.mark.parametrize("error", FINAL, ids=lambda error: type(error).__name__)
def test_what_stays_is_told_at_once(error: BaseException) -> None:
    assert not policies.is_transient(poll_story, run_of_task(), Failed(data=error))
    assert not policies.is_storage_trouble(plan, run_of_task(), Failed(data=error))


def test_a_submit_is_never_tried_again_by_prefect() -> None:
    assert submit_story.retries == 0
    assert submit_story.retry_condition_fn is None


def test_no_task_is_answered_from_a_cache_or_persists_its_result() -> None:
    for each in EVERY_TASK:
        assert each.cache_policy == NO_CACHE
        assert each.persist_result is not True


def test_the_windows_of_a_poll_outlast_its_deadline() -> None:
    """With the settings' defaults; shorter windows end at the number of retries, and the next run polls on."""
    window_seconds, deadline_seconds = 75, 2700
    assert poll_story.retries == policies.POLL_RETRIES > deadline_seconds / window_seconds * 2


def test_a_save_waits_about_two_minutes_for_its_target() -> None:
    assert len(policies.SAVE_RETRY_DELAYS_SECONDS) == save_story.retries
    assert 90 <= sum(policies.SAVE_RETRY_DELAYS_SECONDS) <= 150
