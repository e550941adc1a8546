"""A service as a reconciler sees it: jobs with times of its own clock, a listing that a test can spoil."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from stories.api.poll import JobAnswer, ListedJobs
from stories.api.wire import JobListing, PollAnswer, Profile
from stories.errors import JobNotFound
from stories.storyboards.story import Story
from stories.strict_json import JsonObject
from tests.doubles.ledger_processes import a_story

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@dataclass
class AccountView:
    """Answers what it was told of; `asked` holds the jobs that were looked at, `listings` how often it was listed.

    `spoil` changes a listing on its way, `minutes` is the service's time since noon, `before_answer` runs before a job
    is shown.
    """

    minutes: float = 10.0
    asked: list[str] = field(default_factory=list)
    listings: int = 0
    spoil: Callable[[list[JsonObject]], object] = lambda listed: listed
    before_answer: Callable[[str], Exception | None] = lambda job_id: None
    has_clock: bool = True
    available_eur: str = "24.20"
    _listed: list[JsonObject] = field(default_factory=list)
    _shown: dict[str, JsonObject] = field(default_factory=dict)

    def runs(self, job_id: str, story: Story | None = None, *, minutes: float = 1.0, **shown: object) -> None:
        """A job that was created so many minutes after noon; completed, with the story's prompts, unless told else."""
        story = story or a_story()
        created_at = (NOON + timedelta(minutes=minutes)).isoformat()
        result = {"scenes": [{"prompt": scene.prompt} for scene in story.storyboard.scenes], "title": story.title}
        self._listed.insert(0, {"job_id": job_id, "status": "processing", "created_at": created_at})
        usual = {"job_id": job_id, "status": "completed", "scenes_total": len(result["scenes"]), "result": result}
        self._shown[job_id] = {**usual, **shown}

    def becomes(self, job_id: str, **shown: object) -> None:
        """The job is shown differently from now on."""
        self._shown[job_id] |= shown

    async def jobs(self) -> ListedJobs:
        self.listings += 1
        listing = JobListing.model_validate(self.spoil(list(self._listed)))
        return ListedJobs(listing, NOON + timedelta(minutes=self.minutes) if self.has_clock else None)

    async def job(self, job_id: str) -> JobAnswer:
        self.asked.append(job_id)
        if (trouble := self.before_answer(job_id)) is not None:
            raise trouble
        if job_id not in self._shown:
            raise JobNotFound("no such job", http_status=404, code="not_found")
        return JobAnswer(PollAnswer.model_validate(self._shown[job_id]), self._shown[job_id])

    async def profile(self) -> Profile:
        return Profile.model_validate({"user": {"balance_eur": self.available_eur}})
