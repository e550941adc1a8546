"""The wait for one job: windows of polls until the job ends, is lost, or is past its deadline."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stories.api.poll import JobAnswer, PollClient
from stories.api.wire import JobStatus, StoryResult
from stories.clock import Clock
from stories.config import PollPolicy
from stories.errors import JobNotFound, StillRunning, TransientError
from stories.failpoints import Failpoint, failpoint
from stories.strict_json import JsonObject

_FIRST_WAIT_SECONDS = 0.5
_WAIT_GROWTH = 1.5
_ANSWERS_WITHOUT_RESULT = 3
"""Number of polls that show a completed job without any scene before its story is held (bad input 32)."""


class JobEnd(StrEnum):
    """The end of the wait for a job."""

    COMPLETED = "completed"
    FAILED = "failed"
    RESULT_MISSING = "result_missing"
    LOST = "job_lost"
    PAST_DEADLINE = "past_deadline"


@dataclass(frozen=True)
class Completion:
    """The first answer that showed the job as completed."""

    result: StoryResult
    document: JsonObject
    at: datetime
    generate_seconds: float | None
    """Seconds from the submit to this answer; None when an earlier run submitted the story."""
    poll_count: int


class LearnedDuration:
    """The typical duration of a job of this run, so that a first poll is sent when the job may be completed."""

    def __init__(self) -> None:
        self._seconds: float | None = None

    def learn(self, seconds: float) -> None:
        """Note the seconds that a job took; recent jobs count more."""
        self._seconds = seconds if self._seconds is None else 0.7 * self._seconds + 0.3 * seconds

    @property
    def first_wait_seconds(self) -> float:
        """Seconds to wait before the first poll: 0.8 of the typical duration, and at least half a second."""
        return _FIRST_WAIT_SECONDS if self._seconds is None else max(_FIRST_WAIT_SECONDS, 0.8 * self._seconds)


class JobPoller:
    """A poller of one job over any number of windows; the deadline is counted from the creation of this object."""

    def __init__(
        self,
        job_id: str,
        polls: PollClient,
        *,
        policy: PollPolicy,
        duration: LearnedDuration,
        sent_now: bool,
        clock: Clock,
        jitter: random.Random,
    ) -> None:
        self._job_id = job_id
        self._polls = polls
        self._policy = policy
        self._duration = duration
        self._clock = clock
        self._jitter = jitter
        self._since = clock.monotonic()
        self._sent_now = sent_now
        self._unknown_since: float | None = None
        self._answers_without_result = 0
        self.poll_count = 0
        self.answer: JobAnswer | None = None
        self.completion: Completion | None = None

    async def window(self, on_partial: Callable[[StoryResult], None]) -> JobEnd:
        """Poll until the job ends, and call `on_partial` with each partial result.

        Raises `StillRunning` at the end of the window, and until the deadline `TransientError` for network errors that
        outlast the retries of the transport.
        """
        window_end = self._clock.monotonic() + self._policy.window_seconds
        deadline = self._since + self._policy.deadline_seconds
        until = min(window_end, deadline)
        wait_seconds = self._duration.first_wait_seconds if self._sent_now and self.poll_count == 0 else 0.0
        while True:
            await self._clock.sleep(min(wait_seconds, max(0.0, until - self._clock.monotonic())))
            try:
                end = await self._poll_once(on_partial)
            except TransientError:
                if self._clock.monotonic() < deadline:
                    raise
                end = JobEnd.PAST_DEADLINE
            if end is not None:
                return end
            if self._clock.monotonic() >= deadline:
                return JobEnd.PAST_DEADLINE
            if self._clock.monotonic() >= window_end:
                raise StillRunning(f"job {self._job_id} is still running", job_id=self._job_id)
            wait_seconds = self._next_wait_seconds()

    async def fresh_result(self) -> StoryResult:
        """Return the result with fresh URLs, without counting a poll; raises `StillRunning` if there is none now."""
        result = (await self._polls.job(self._job_id)).answer.result
        if result is None:
            raise StillRunning(f"job {self._job_id} shows no result now", job_id=self._job_id)
        return result

    async def _poll_once(self, on_partial: Callable[[StoryResult], None]) -> JobEnd | None:
        self.poll_count += 1
        try:
            self.answer = await self._polls.job(self._job_id)
            failpoint(Failpoint.POLL_ANSWERED)
        except JobNotFound:
            now = self._clock.monotonic()
            self._unknown_since = self._unknown_since if self._unknown_since is not None else now
            return JobEnd.LOST if now - self._unknown_since >= self._policy.lost_after_seconds else None
        self._unknown_since = None
        end = self._end_of(self.answer)
        if end is None and self.answer.answer.result is not None:
            on_partial(self.answer.answer.result)
        return end

    def _end_of(self, answer: JobAnswer) -> JobEnd | None:
        result = answer.answer.result
        match answer.answer.status:
            case JobStatus.FAILED:
                return JobEnd.FAILED
            case JobStatus.COMPLETED if result is not None and result.scenes:
                seconds = self._clock.monotonic() - self._since if self._sent_now else None
                if seconds is not None:
                    self._duration.learn(seconds)
                self.completion = Completion(result, answer.document, self._clock.now(), seconds, self.poll_count)
                return JobEnd.COMPLETED
            case JobStatus.COMPLETED:
                self._answers_without_result += 1
                return JobEnd.RESULT_MISSING if self._answers_without_result >= _ANSWERS_WITHOUT_RESULT else None
            case _:
                return None

    def _next_wait_seconds(self) -> float:
        grown = _FIRST_WAIT_SECONDS * _WAIT_GROWTH ** min(self.poll_count, 20)
        return min(grown, self._policy.interval_seconds) * self._jitter.uniform(0.8, 1.2)
