"""The way between a process and the service: a `Submitter` and a `ServiceView` whose requests and answers get lost."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from stories.api.poll import JobAnswer, ListedJobs
from stories.api.retries import Retries
from stories.api.submit import SendReport
from stories.api.wire import JobListing, Model, Profile, User
from stories.errors import ConnectionLost, JobNotFound, TransientError, UnexpectedAnswer
from stories.ledger.decisions import DECISIONS
from tests.doubles.virtual.service import BALANCE_EUR, Service, accepted, answered, silence
from tests.doubles.virtual.world import VirtualProcess

_READ_TIMEOUT_SECONDS = 120.0
_HURRIED_SECONDS = 5.0


class Odd(NamedTuple):
    """An answer beside the usual ones; `runs` is how likely the story was taken all the same."""

    http_status: int
    runs: float
    code: str | None = None
    retry_after_seconds: float | None = None
    names_job: bool = False


ODD_ANSWERS = (
    Odd(200, 1.0, names_job=True),
    Odd(202, 1.0),
    Odd(204, 1.0),
    Odd(303, 0.5, names_job=True),
    Odd(307, 0.0),
    Odd(400, 0.0, "validation_error"),
    Odd(401, 0.0, "authentication_error"),
    Odd(402, 0.0, "insufficient_credits"),
    Odd(403, 0.0, "content_rejected"),
    Odd(403, 0.0, "model_not_allowed"),
    Odd(404, 0.0, "not_found"),
    Odd(408, 0.5),
    Odd(409, 0.5),
    Odd(418, 0.5),
    Odd(425, 0.0),
    Odd(429, 0.0, "rate_limited", 7.0),
    Odd(429, 0.0, "rate_limited", 7.0),
    Odd(451, 0.0, "content_rejected"),
    Odd(500, 0.5, "internal"),
    Odd(502, 0.5),
    Odd(503, 0.0, "internal", 5.0),
    Odd(503, 0.5),
    Odd(504, 0.5),
)
"""The decision table of the protocol (2.3), as a service and the proxies before it may live it."""


class VirtualSender:
    """Sends for one process."""

    def __init__(self, service: Service, process: VirtualProcess) -> None:
        self._service = service
        self._process = process
        self._world = process.world
        self._patience_seconds = _READ_TIMEOUT_SECONDS

    def hurry(self) -> None:
        self._patience_seconds = _HURRIED_SECONDS

    async def send(
        self, body: bytes, *, idempotency_key: str | None, before_first_byte: Callable[[], Awaitable[None]]
    ) -> SendReport:
        report = await self._sent(body, idempotency_key, before_first_byte)
        row = next((number for number, row in enumerate(DECISIONS) if row.is_for(report)), None)
        self._world.saw(f"decision:{row} {DECISIONS[row].verdict.reason if row is not None else 'none'}")
        if _is_doubtful(report):
            self._world.doubtful_keys[idempotency_key or ""] += 1
        self._world.note(self._process.name, f"is answered {report.http_status} {report.job_id} for {idempotency_key}")
        return report

    async def _sent(self, body: bytes, key: str | None, before_first_byte: Callable[[], Awaitable[None]]) -> SendReport:
        world, odds = self._world, self._world.odds
        if world.happens(odds.not_sent, "fault:not_sent"):
            await self._process.step("a connection that is refused", lambda: None)
            return silence(bytes_sent=False)
        await self._process.step("a connection", lambda: None)
        await before_first_byte()
        if world.happens(odds.lost_request, "fault:lost_request"):
            await self._process.step("a POST that is lost", lambda: None)
            return await self._no_answer()
        odd = self._next_odd() if world.happens(odds.odd_answer, "fault:odd_answer") else None
        if odd is not None and world.rng.random() >= odd.runs:
            await self._process.step(f"a POST answered {odd.http_status}", lambda: None)
            return _odd(odd, None)
        report = await self._process.step("the POST", lambda: self._service.receive(body, key, self._process.name))
        return _odd(odd, report.job_id) if odd is not None else await self._way_back(report)

    def _next_odd(self) -> Odd:
        """In turn, from another one in each seed, so that few seeds see them all."""
        number = self._world.scenario.seed * 5 + self._world.sightings["fault:odd_answer"]
        return ODD_ANSWERS[number % len(ODD_ANSWERS)]

    async def _way_back(self, report: SendReport) -> SendReport:
        """The usual answer, if it arrives."""
        if self._world.happens(self._world.odds.lost_reply, "fault:lost_reply"):
            return await self._no_answer()
        if report.job_id is not None and self._world.happens(self._world.odds.cut_body, "fault:cut_body"):
            return accepted(report.job_id, failure="ReadError")
        return report

    async def _no_answer(self) -> SendReport:
        await self._process.step("an answer that does not come", lambda: None, seconds=self._patience_seconds)
        return silence(bytes_sent=True)


def _odd(odd: Odd, job_id: str | None) -> SendReport:
    named = job_id if odd.names_job else None
    return answered(odd.http_status, code=odd.code, retry_after_seconds=odd.retry_after_seconds, job_id=named)


def _is_doubtful(report: SendReport) -> bool:
    """Whether the answer leaves open what happened; by the protocol's text, not by the code's table."""
    if report.http_status is None:
        return report.bytes_sent
    if report.http_status in (503, 529):
        return report.code is None or report.retry_after_seconds is None
    is_accepted = 200 <= report.http_status < 300 and report.job_id is not None
    return not is_accepted and report.http_status not in _TOLD


_TOLD = {400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 421, 422, 425, 429, 431, 451, 501, 505}


class VirtualView:
    """What one process sees of its account: a `ServiceView`, and the polls of a `PollClient`."""

    def __init__(self, service: Service, process: VirtualProcess) -> None:
        self._service = service
        self._process = process
        self._world = process.world

    async def jobs(self) -> ListedJobs:
        world = self._world
        await self._ask("the list of jobs")
        if world.happens(world.odds.bad_listing / 4, "fault:listing_unreadable"):
            raise UnexpectedAnswer("an HTML page")
        listed = self._service.listing(world.now(), cap=world.scenario.listing_cap)
        if world.happens(world.odds.bad_listing, "fault:listing_spoiled"):
            listed = [*listed, *world.rng.sample(listed, len(listed) // 2)]
            world.rng.shuffle(listed)
        date = world.now().replace(microsecond=0)
        if world.happens(world.odds.bad_listing / 2, "fault:no_server_date"):
            return ListedJobs(JobListing(generations=listed), None)
        return ListedJobs(JobListing.model_construct(generations=listed), date)

    async def job(self, job_id: str) -> JobAnswer:
        await self._ask(job_id)
        answer = self._service.answer(job_id)
        if answer is None:
            raise JobNotFound("no such job", http_status=404, code="not_found")
        self._world.note(self._process.name, f"sees {job_id} {answer.status}")
        return JobAnswer(answer, {})

    async def models(self) -> tuple[Model, ...]:
        await self._ask("the models")
        return ()

    async def profile(self) -> Profile:
        await self._ask("the profile")
        available_eur = self._service.available_eur()
        return Profile(user=User(balance_eur=BALANCE_EUR, held_eur=BALANCE_EUR - available_eur))

    async def _ask(self, what: str) -> None:
        """One request, repeated as the client repeats it; in an outage that is of no use."""
        if self._world.happens(self._world.odds.read_outage, "fault:read_outage"):
            raise ConnectionLost(f"{what} could not be read")

        async def attempt(_: int) -> None:
            await self._process.step(f"the look at {what}", lambda: None)
            if self._world.happens(self._world.odds.read_trouble, "fault:read_trouble"):
                raise ConnectionLost(f"{what} could not be read")

        await Retries(self._process, self._world.rng).run(attempt, retry_on=(TransientError,))
