"""The service and its account: takes stories, draws them in its own time, charges what it completes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from stories.api.submit import SendReport
from stories.api.wire import JobStatus, ListedJob, PollAnswer, SceneResult, StoryResult
from stories.storyboards.story import Story
from tests.doubles.virtual import scenario as boards
from tests.doubles.virtual.scenario import HOUR, MINUTE, PRICE_EUR
from tests.doubles.virtual.world import World

BALANCE_EUR = Decimal(1000)
KEY_WINDOW_SECONDS = 24 * HOUR
COST_EUR = PRICE_EUR - Decimal("0.10")


@dataclass
class VirtualJob:
    """A job; `key` and `sender` are what came with its POST, None and empty for a foreign one."""

    job_id: str
    story: Story
    key: str | None
    sender: str
    created_at: datetime
    status: JobStatus = JobStatus.PROCESSING
    is_vanished: bool = False
    charged_eur: Decimal = Decimal(0)
    failed_at: datetime | None = None
    went_back_on_failure: bool = False
    listed: ListedJob | None = None


class Post(NamedTuple):
    """A POST as it arrived."""

    key: str | None
    body: bytes
    sender: str
    at: float


class Service:
    """What stands behind the network. Whoever sends is told at once; the network decides whether that arrives."""

    def __init__(self, world: World, stories: dict[bytes, Story]) -> None:
        self.jobs: list[VirtualJob] = []
        self.posts: list[Post] = []
        self._by_id: dict[str, VirtualJob] = {}
        self._by_key: dict[str, VirtualJob] = {}
        self._stories = stories
        self._world = world

    def receive(self, body: bytes, key: str | None, sender: str) -> SendReport:
        """A POST that arrived whole; an accepted one has a job from here on, whoever learns of it."""
        self.posts.append(Post(key, body, sender, self._world.loop.time()))
        story = self._stories[body]
        known = self._by_key.get(key or "") if self._world.scenario.knows_keys else None
        if known is not None and (self._world.now() - known.created_at).total_seconds() < KEY_WINDOW_SECONDS:
            self._world.note("service", f"knows the key of {known.job_id}")
            self._world.saw("fault:key_replayed")
            return accepted(known.job_id)
        if story in boards.REFUSED:
            return answered(422, code="validation_error")
        return accepted(self.begin(story, key, sender).job_id)

    def begin(self, story: Story, key: str | None, sender: str) -> VirtualJob:
        """A new job, which runs by itself."""
        world, odds = self._world, self._world.odds
        job = VirtualJob(f"job-{world.rng.getrandbits(32):08x}", story, key, sender, world.now())
        job.listed = ListedJob.model_validate({"job_id": job.job_id, "created_at": job.created_at.isoformat()})
        world.note("service", f"begins {job.job_id}")
        self.jobs.append(job)
        self._by_id[job.job_id] = job
        if key is not None:
            self._by_key[key] = job
        seconds = world.rng.uniform(0.5 * MINUTE, 8 * MINUTE)
        if world.happens(odds.job_takes_long, "fault:job_takes_long"):
            seconds = 2 * HOUR
        fails = story in boards.DOOMED or world.happens(odds.job_fails, "fault:job_fails")
        world.loop.call_later(seconds, self._fail if fails else self._complete, job)
        if world.happens(odds.job_vanishes, "fault:job_vanishes"):
            world.loop.call_later(seconds + world.rng.uniform(0, 5 * MINUTE), self._forget, job)
        return job

    def listing(self, now: datetime, *, cap: int | None) -> list[ListedJob]:
        """The recent jobs, newest first, without those that the listing does not know yet."""
        seen_until = now - timedelta(seconds=self._world.scenario.listing_lag_seconds)
        recent = [job for job in reversed(self.jobs) if job.created_at <= seen_until and not job.is_vanished]
        return [job.listed for job in recent[:cap] if job.listed is not None]

    def answer(self, job_id: str) -> PollAnswer | None:
        """The job as it is shown; None for a 404."""
        job = self._by_id.get(job_id)
        if job is None or job.is_vanished:
            return None
        total = len(job.story.storyboard.scenes)
        result = _result_of(job.story) if job.status is JobStatus.COMPLETED else None
        return PollAnswer(job_id=job_id, status=job.status, scenes_total=total, result=result)

    def available_eur(self) -> Decimal:
        """Balance less what running jobs hold."""
        held = sum(job.status is JobStatus.PROCESSING for job in self.jobs) * PRICE_EUR
        return BALANCE_EUR - held - sum((job.charged_eur for job in self.jobs), Decimal(0))

    def is_known(self, job_id: str) -> bool:
        """Whether there is such a job, and it is still shown."""
        return job_id in self._by_id and not self._by_id[job_id].is_vanished

    def job_of(self, job_id: str) -> VirtualJob | None:
        """The job by its id, also when it is no longer shown."""
        return self._by_id.get(job_id)

    def _complete(self, job: VirtualJob) -> None:
        job.status = JobStatus.COMPLETED
        self._world.note("service", f"completes {job.job_id}")
        self._world.loop.call_later(self._world.rng.choice((0.0, 5 * MINUTE)), self._charge, job)

    def _charge(self, job: VirtualJob) -> None:
        job.charged_eur = COST_EUR
        self._world.note("service", f"charges {job.job_id}")

    def _fail(self, job: VirtualJob) -> None:
        job.status, job.failed_at = JobStatus.FAILED, self._world.now()
        self._world.note("service", f"fails {job.job_id}")
        if job.story not in boards.DOOMED and self._world.happens(
            self._world.odds.word_taken_back, "fault:word_taken_back"
        ):
            job.went_back_on_failure = True
            self._world.loop.call_later(self._world.rng.uniform(1 * MINUTE, 60 * MINUTE), self._complete, job)

    def _forget(self, job: VirtualJob) -> None:
        job.is_vanished = True
        self._world.note("service", f"forgets {job.job_id}")


def accepted(job_id: str, *, http_status: int = 202, failure: str | None = None) -> SendReport:
    """What is seen of an accepted story."""
    return _report(True, http_status, job_id=job_id, message="", failure=failure)


def answered(
    http_status: int, *, code: str | None = None, retry_after_seconds: float | None = None, job_id: str | None = None
) -> SendReport:
    """What is seen of any other answer."""
    return _report(True, http_status, code=code, retry_after_seconds=retry_after_seconds, job_id=job_id)


def silence(*, bytes_sent: bool) -> SendReport:
    """What is seen when no answer comes."""
    return _report(bytes_sent, None, failure="ReadError" if bytes_sent else "ConnectError")


def _report(
    bytes_sent: bool,
    http_status: int | None,
    *,
    job_id: str | None = None,
    code: str | None = None,
    message: str = "told by the simulation",
    retry_after_seconds: float | None = None,
    failure: str | None = None,
) -> SendReport:
    return SendReport(
        bytes_sent=bytes_sent,
        http_status=http_status,
        job_id=job_id,
        poll_url=None,
        code=code,
        message=message,
        details={},
        retry_after_seconds=retry_after_seconds,
        server_date=None,
        failure=failure,
    )


_RESULTS: dict[str, StoryResult] = {}


def _result_of(story: Story) -> StoryResult:
    """The same for all samples; drawn once."""
    if story.storyboard_sha256 not in _RESULTS:
        scenes: list[SceneResult | None] = [SceneResult(prompt=scene.prompt) for scene in story.storyboard.scenes]
        _RESULTS[story.storyboard_sha256] = StoryResult(title=story.title, scenes=scenes, cost_eur=COST_EUR)
    return _RESULTS[story.storyboard_sha256]
