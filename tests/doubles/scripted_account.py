"""The account of a reconciler: a scripted API whose jobs have times of its own clock, read by the real client."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from stories.api.access import ApiAccess
from stories.api.poll import JobAnswer, ListedJobs, PollClient
from stories.api.retries import Retries
from stories.api.wire import JOBS_PATH, Profile
from stories.config import LedgerConfig
from stories.ledger.open_doubts import DoubtReason
from stories.ledger.reconciliation import Consent, Reconciliation, reconcile
from stories.storyboards.story import Story
from stories.strict_json import JsonObject
from tests.doubles.hand_clock import HandClock
from tests.doubles.ledger_processes import Process, a_story
from tests.doubles.scripted_api import KEY, Answer, ScriptedApi
from tests.doubles.scripted_server import raw_answer

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


class ScriptedAccount:
    """A `ServiceView` of jobs that a test names; an async context manager.

    `asked` holds the jobs that were looked at, `listings` how often the account was listed. `spoil` changes a listing
    on its way, or returns the bytes of another answer; `before_answer` may do so for a job. `meanwhile` runs before a
    job or the balance is asked for. `minutes` is the service's time since noon.
    """

    def __init__(self) -> None:
        self.minutes = 10.0
        self.asked: list[str] = []
        self.listings = 0
        self.spoil: Callable[[list[JsonObject]], object] = lambda listed: listed
        self.before_answer: Callable[[str], bytes | None] = lambda job_id: None
        self.meanwhile: Callable[[], Awaitable[None]] = _nothing
        self.has_clock = True
        self._listed: list[JsonObject] = []
        self._api = ScriptedApi()
        self._api.balance_eur = "24.20"
        self._api.on_account = self._account
        self._api.on_poll = lambda job_id, _number: self.before_answer(job_id) or self._api.jobs[job_id]
        self._clock = HandClock()

    async def __aenter__(self) -> Self:
        await self._api.__aenter__()
        retries = Retries(self._clock, random.Random(7))  # noqa: S311 - jitter that repeats
        self._client = PollClient(ApiAccess(self._api.url, SecretStr(KEY)), retries)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, exc, traceback)
        await self._api.__aexit__(kind, exc, traceback)

    def runs(self, job_id: str, story: Story | None = None, *, minutes: float = 1.0, **shown: object) -> None:
        """Add a job created so many minutes after noon; completed with the story's prompts, unless `shown` differs."""
        story = story or a_story()
        created_at = (NOON + timedelta(minutes=minutes)).isoformat()
        result = {"scenes": [{"prompt": scene.prompt} for scene in story.storyboard.scenes], "title": story.title}
        self._listed.insert(0, {"job_id": job_id, "status": "processing", "created_at": created_at})
        usual = {"job_id": job_id, "status": "completed", "scenes_total": len(result["scenes"]), "result": result}
        self._api.jobs[job_id] = {**usual, **shown}

    def becomes(self, job_id: str, **shown: object) -> None:
        """Show the job differently from now on."""
        self._api.jobs[job_id] |= shown

    async def jobs(self) -> ListedJobs:
        self.listings += 1
        return await self._client.jobs()

    async def job(self, job_id: str) -> JobAnswer:
        await self.meanwhile()
        self.asked.append(job_id)
        return await self._client.job(job_id)

    async def profile(self) -> Profile:
        await self.meanwhile()
        return await self._client.profile()

    def _account(self, path: str) -> Answer:
        if path != JOBS_PATH:
            return self._api.account(path)
        shown = self.spoil(list(self._listed))
        if isinstance(shown, bytes):
            return shown
        now = NOON + timedelta(minutes=self.minutes)
        date = {"Date": format_datetime(now, usegmt=True)} if self.has_clock else {}
        return raw_answer(200, {"generations": shown}, date)


async def _nothing() -> None:
    """Do nothing."""


NewAccount = Callable[[], Awaitable[ScriptedAccount]]


async def reconciled(
    process: Process,
    service: ScriptedAccount,
    *,
    may_adopt: bool = False,
    confirmed_by: str | None = None,
    **ledger: object,
) -> Reconciliation:
    """Reconcile the ledger of a process with an account; `ledger` holds settings of the section `ledger`."""
    consent = Consent(may_adopt=may_adopt, confirmed_by=confirmed_by)
    return await reconcile(process.ledger, service, LedgerConfig.model_validate(ledger), consent)


def why(found: Reconciliation) -> list[DoubtReason]:
    """Return the reason of every open doubt."""
    return [open_doubt.why for open_doubt in found.open_doubts]
