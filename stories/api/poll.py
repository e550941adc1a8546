"""Read-only calls of the Stories API: one job, the list of recent jobs, the account, the models."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import JsonValue, ValidationError

from stories.api.access import ApiAccess, host_of
from stories.api.http_errors import (
    GarbledAnswer,
    api_error,
    error_body,
    network_errors_mapped,
    retry_after_seconds,
    server_date,
)
from stories.api.retries import Retries
from stories.api.transport import POLL_TIMEOUTS, Timeouts, exchange, open_transport, read_body
from stories.api.wire import (
    JOBS_PATH,
    MAX_ANSWER_BYTES,
    MODELS_PATH,
    PROFILE_PATH,
    SUBMIT_PATH,
    JobListing,
    Model,
    ModelListing,
    PollAnswer,
    Profile,
    is_job_id,
)
from stories.errors import JobNotFound, RateLimited, TransientError
from stories.strict_json import JsonDocumentError, JsonObject, parse_json

Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class JobAnswer:
    """The answer to one poll, parsed and as served; its signed URLs expire."""

    answer: PollAnswer
    document: JsonObject


@dataclass(frozen=True)
class ListedJobs:
    """The recent jobs and the server time of the answer; the service does not say which jobs it leaves out."""

    listing: JobListing
    server_date: datetime | None


@dataclass(frozen=True)
class _Answer:
    document: JsonValue
    server_date: datetime | None

    def read(self, parse: Callable[[JsonValue], Parsed]) -> Parsed:
        try:
            return parse(self.document)
        except ValidationError as exc:
            problem = exc.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in problem["loc"]) or "the answer"
            raise GarbledAnswer(f"not the known shape of the API: {where}: {problem['msg'].lower()}") from exc


def _ignore(_: float | None) -> None:
    """Do nothing, for callers that have no rate to lower."""


class PollClient:
    """A client for the reads of the API, on kept-alive connections.

    Every call is repeated by `retries` after 408, 425, 429, 5xx, network errors and answers that are not the API's;
    then it raises `TransientError` or `UnexpectedAnswer`. It raises an `ApiRefusal` at once. Each 429 is reported to
    `on_rate_limited` with the seconds of `Retry-After`, or None, so that the caller can slow down.
    """

    def __init__(
        self,
        access: ApiAccess,
        retries: Retries,
        *,
        timeouts: Timeouts = POLL_TIMEOUTS,
        on_rate_limited: Callable[[float | None], None] = _ignore,
    ) -> None:
        self._access = access
        self._retries = retries
        self._timeouts = timeouts
        self._on_rate_limited = on_rate_limited
        self._transport = open_transport(keep_alive=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._transport.aclose()

    async def job(self, job_id: str) -> JobAnswer:
        """Poll a job at the URL built from its id, never at its `poll_url`. Raises `JobNotFound` for a 404."""
        if not is_job_id(job_id):
            raise JobNotFound("the text is not a valid job id; nothing was sent", http_status=404, code="not_found")
        return await self._get(f"{SUBMIT_PATH}/{job_id}", _job_answer)

    async def jobs(self) -> ListedJobs:
        """List the recent jobs of this key."""
        return await self._get(
            JOBS_PATH, lambda answer: ListedJobs(answer.read(JobListing.model_validate), answer.server_date)
        )

    async def profile(self) -> Profile:
        """Read the account and its balance."""
        return await self._get(PROFILE_PATH, lambda answer: answer.read(Profile.model_validate))

    async def models(self) -> tuple[Model, ...]:
        """List the models and their prices."""
        return await self._get(MODELS_PATH, lambda answer: tuple(answer.read(ModelListing.model_validate).models))

    async def _get(self, path: str, parse: Callable[[_Answer], Parsed]) -> Parsed:
        async def attempt(_: int) -> Parsed:
            return parse(await self._answer(path))

        return await self._retries.run(attempt, retry_on=(TransientError, GarbledAnswer))

    async def _answer(self, path: str) -> _Answer:
        request = httpx.Request("GET", f"{self._access.base_url}{path}", headers=self._access.headers)
        received = bytearray()
        with network_errors_mapped(host_of(request.url), self._access):
            async with exchange(self._transport, request, self._timeouts) as response:
                await read_body(response, received, max_bytes=MAX_ANSWER_BYTES)
        content = self._access.redacted_bytes(bytes(received))
        if not response.is_success:
            error = api_error(
                response.status_code,
                error_body(content, self._access),
                retry_after_seconds=retry_after_seconds(response.headers),
            )
            if isinstance(error, RateLimited):
                self._on_rate_limited(error.retry_after_seconds)
            raise error
        try:
            document = parse_json(content, max_bytes=MAX_ANSWER_BYTES)
        except JsonDocumentError as exc:
            raise GarbledAnswer(f"HTTP {response.status_code} with a body that is not the API's JSON: {exc}") from exc
        return _Answer(document, server_date(response.headers))


def _job_answer(answer: _Answer) -> JobAnswer:
    parsed = answer.read(PollAnswer.model_validate)
    return JobAnswer(parsed, answer.document if isinstance(answer.document, dict) else {})
