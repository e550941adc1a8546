"""The submit: the only unsafe call, a POST that may start a paid job. It is sent once; callers judge its report."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import TracebackType
from typing import Self

import httpx

from stories.api.access import ApiAccess, host_of
from stories.api.http_errors import (
    api_error,
    details_of,
    error_body,
    network_error,
    retry_after_seconds,
    server_date,
    shown,
)
from stories.api.transport import SUBMIT_TIMEOUTS, Timeouts, exchange, open_transport, read_body
from stories.api.wire import MAX_ANSWER_BYTES, SUBMIT_PATH, AcceptedJob, ErrorBody, is_job_id, job_id_from_path
from stories.errors import StoriesError
from stories.failpoints import Failpoint, failpoint
from stories.strict_json import JsonDocumentError, parse_json_object

LAST_WAIT_SECONDS = 5.0
"""Longest wait for an answer after the process was asked to end: supervisors kill it ten seconds later."""

_SEND_EVENT = ".send_request_headers.started"  # of http11 and of http2
_FAILPOINTS = {
    _SEND_EVENT: Failpoint.SUBMIT_FIRST_BYTE,
    ".send_request_headers.complete": Failpoint.SUBMIT_HEAD_SENT,
    ".receive_response_headers.started": Failpoint.SUBMIT_SENT,
}
_MAX_POLL_URL_CHARACTERS = 2048


@dataclass(frozen=True)
class SendReport:
    """The observations of one send. Texts contain no key and no query."""

    bytes_sent: bool
    """True once the request was about to leave: from then on the service may have acted (fact F2)."""
    http_status: int | None
    """None when no status line arrived."""
    job_id: str | None
    """A well-formed id from the body of a 2xx, else from `Location`, `x-depicta-job-id` or `poll_url`. A refusal may
    have an id in its headers, so the id alone does not mean that the story was accepted."""
    poll_url: str | None
    """The service's value without its query, for the record; the poller builds its URL from the job id."""
    code: str | None
    """The code of an error body of the API; None when the body is something else, such as a proxy's page."""
    message: str
    """The event in words for a person; empty when a job was accepted and the answer was complete."""
    details: dict[str, str]
    """The reason for each field of a validation error."""
    retry_after_seconds: float | None
    server_date: datetime | None
    """The `Date` header of the answer."""
    failure: str | None
    """The class name of the exception that cut the answer short."""
    balance_eur: Decimal | None = None
    """The balance in an error body."""


@dataclass
class _Sighting:
    """The observations so far of a send that is under way."""

    bytes_sent: bool = False
    http_status: int | None = None
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    content: bytearray = field(default_factory=bytearray)
    before_first_byte: Callable[[], Awaitable[None]] | None = None

    async def trace(self, event: str, _: object) -> None:
        if event.endswith(_SEND_EVENT):
            if self.before_first_byte is not None:
                await self.before_first_byte()
            self.bytes_sent = True
        for suffix, place in _FAILPOINTS.items():
            if event.endswith(suffix):
                failpoint(place)


class SubmitClient:
    """A client that sends each storyboard on a new connection: a reused one may die during the send (fact F3)."""

    def __init__(
        self,
        access: ApiAccess,
        timeouts: Timeouts = SUBMIT_TIMEOUTS,
        *,
        last_wait_seconds: float = LAST_WAIT_SECONDS,
    ) -> None:
        self._access = access
        self._timeouts = timeouts
        self._last_wait_seconds = last_wait_seconds
        self._transport = open_transport(keep_alive=False, connect_retries=1)
        self._posts: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._transport.aclose()

    async def send(
        self,
        body: bytes,
        *,
        idempotency_key: str | None,
        before_first_byte: Callable[[], Awaitable[None]] | None = None,
    ) -> SendReport:
        """POST the storyboard once and return a report, also after errors of the network or the service.

        `before_first_byte` is awaited when the connection is open, right before the first byte. When it raises, no byte
        leaves, and its error is raised.
        The POST runs to its end within the total timeout, also when the calling task is cancelled (fact F4); only
        `hurry` cuts it short. The report is returned in both cases, so that it can be recorded. The cancellation stays
        visible in the task's `cancelling()`, and the caller honours it once the outcome is durable.
        """
        sighting = _Sighting(before_first_byte=before_first_byte)
        post = asyncio.create_task(self._post(body, idempotency_key, sighting))
        self._posts.add(post)
        post.add_done_callback(self._posts.discard)
        while not post.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({post})
        failure = asyncio.CancelledError() if post.cancelled() else post.exception()
        if isinstance(failure, StoriesError) and not sighting.bytes_sent:  # raised by `before_first_byte`
            raise failure
        return self._report(sighting, failure)

    def hurry(self) -> None:
        """Give each POST under way some seconds more because the process ends; its outcome is unknown after that."""
        for post in self._posts:
            asyncio.get_running_loop().call_later(self._last_wait_seconds, post.cancel)

    async def _post(self, body: bytes, idempotency_key: str | None, sighting: _Sighting) -> None:
        headers = {**self._access.headers, "Content-Type": "application/json"}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        request = httpx.Request(
            "POST",
            f"{self._access.base_url}{SUBMIT_PATH}",
            headers=headers,
            content=body,
            extensions={"trace": sighting.trace},
        )
        async with exchange(self._transport, request, self._timeouts) as response:
            sighting.http_status, sighting.headers = response.status_code, response.headers
            failpoint(Failpoint.SUBMIT_STATUS_SEEN)
            await read_body(response, sighting.content, max_bytes=MAX_ANSWER_BYTES)

    def _report(self, sighting: _Sighting, failure: BaseException | None) -> SendReport:
        status, headers, content = sighting.http_status, sighting.headers, bytes(sighting.content)
        refusal = error_body(content, self._access) if status is not None and status >= 400 else None
        accepted = _accepted_job(content) if status is not None and status < 300 else AcceptedJob()
        job_id = _job_id(accepted, headers)
        return SendReport(
            bytes_sent=sighting.bytes_sent,
            http_status=status,
            job_id=job_id,
            poll_url=self._poll_url(accepted),
            code=refusal.error if refusal else None,
            message=self._message(status, refusal, job_id, failure),
            details=details_of(refusal),
            retry_after_seconds=retry_after_seconds(headers),
            server_date=server_date(headers),
            failure=type(failure).__name__ if failure is not None else None,
            balance_eur=refusal.balance_eur if refusal else None,
        )

    def _poll_url(self, accepted: AcceptedJob) -> str | None:
        if accepted.poll_url is None or len(accepted.poll_url) > _MAX_POLL_URL_CHARACTERS:
            return None
        return shown(accepted.poll_url.partition("?")[0], self._access)

    def _message(
        self, status: int | None, refusal: ErrorBody | None, job_id: str | None, failure: BaseException | None
    ) -> str:
        if status is not None and (status >= 300 or failure is None):
            if status >= 300:
                return str(api_error(status, refusal))
            return "" if job_id else f"HTTP {status} without a valid job id"
        if isinstance(failure, Exception):
            return str(network_error(failure, host_of(self._access.url), self._access))
        return "this process was ending and did not wait for the answer"


def _accepted_job(content: bytes) -> AcceptedJob:
    """Parse the job from the body, also when the body was cut after its object; an empty job without an object."""
    try:
        return AcceptedJob.model_validate(parse_json_object(content, max_bytes=MAX_ANSWER_BYTES))
    except JsonDocumentError:
        return AcceptedJob()


def _job_id(accepted: AcceptedJob, headers: httpx.Headers) -> str | None:
    named = (
        accepted.job_id,
        job_id_from_path(headers.get("location", "")),
        headers.get("x-depicta-job-id"),
        job_id_from_path(accepted.poll_url or ""),
    )
    return next((job_id for job_id in named if is_job_id(job_id)), None)
