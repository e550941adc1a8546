"""Reads are repeated, redirects are not followed, and what is not the API's answer is never taken for one."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import SecretStr

from stories.api.access import ApiAccess
from stories.api.poll import JobAnswer, PollClient
from stories.api.retries import Retries
from stories.api.transport import POLL_TIMEOUTS, Timeouts
from stories.api.wire import JobStatus
from stories.errors import (
    ApiRefusal,
    AuthenticationFailed,
    ConnectionLost,
    ContentRejected,
    CreditsExhausted,
    JobNotFound,
    RateLimited,
    ServiceUnavailable,
    StoriesError,
    UnexpectedAnswer,
)
from tests.doubles.hand_clock import HandClock
from tests.doubles.scripted_server import (
    ScriptedServer,
    Turn,
    answer,
    answers,
    close_on_accept,
    closed_port,
    endless,
    hang_after,
    raw_answer,
    reply,
    reset_on_accept,
)

PENDING = {"job_id": "j1", "status": "pending"}


class Polls:
    """Polls a scripted server; `rate_limits` is what the client told of 429s."""

    def __init__(self, key: SecretStr, retries: Retries) -> None:
        self.rate_limits: list[float | None] = []
        self._key = key
        self._retries = retries

    def client(self, url: str, timeouts: Timeouts = POLL_TIMEOUTS) -> PollClient:
        access = ApiAccess(url, self._key)
        return PollClient(access, self._retries, timeouts=timeouts, on_rate_limited=self.rate_limits.append)

    async def job(self, *turns: Turn, timeouts: Timeouts = POLL_TIMEOUTS) -> JobAnswer:
        async with ScriptedServer(*turns) as server, self.client(server.url, timeouts) as client:
            return await client.job("j1")


@pytest.fixture
def polls(key: SecretStr, retries: Retries) -> Polls:
    return Polls(key, retries)


async def test_a_job_is_polled_where_its_id_says_with_the_key(polls: Polls, key: SecretStr) -> None:
    document = {"id": "j1", "status": "processing", "poll_url": "https://elsewhere.example/steal", "extra": [1]}
    async with ScriptedServer(answer(200, document)) as server, polls.client(f"{server.url}/base/") as client:
        seen = await client.job("j1")
    assert (seen.answer.job_id, seen.answer.status) == ("j1", JobStatus.PROCESSING)
    assert seen.document == document
    (request,) = server.requests
    assert (request.method, request.target) == ("GET", "/base/v1/generate/story/j1")
    assert request.header("authorization") == f"Bearer {key.get_secret_value()}"
    assert request.header("accept-encoding") == "identity"


@pytest.mark.parametrize("job_id", ["", "..", "a/b", "j1?x", "j\n1", "j" * 129])
async def test_what_cannot_be_a_job_id_is_not_sent(job_id: str, polls: Polls) -> None:
    async with ScriptedServer(answer(200, PENDING)) as server, polls.client(server.url) as client:
        with pytest.raises(JobNotFound):
            await client.job(job_id)
    assert server.connections == 0


async def test_recent_jobs_come_with_the_services_time(polls: Polls) -> None:
    listing = {"generations": [{"job_id": "j1", "status": "completed", "created_at": "2026-01-02T11:00:00Z"}]}
    turn = answer(200, listing, {"Date": "Fri, 02 Jan 2026 12:00:00 GMT"})
    async with ScriptedServer(turn) as server, polls.client(server.url) as client:
        listed = await client.jobs()
    assert [job.job_id for job in listed.listing.generations] == ["j1"]
    assert listed.server_date == datetime(2026, 1, 2, 12, tzinfo=UTC)
    assert server.requests[0].target == "/v1/jobs"


async def test_older_services_list_jobs_bare_and_may_have_no_clock(polls: Polls) -> None:
    async with ScriptedServer(answer(200, [{"id": "j1"}])) as server, polls.client(server.url) as client:
        listed = await client.jobs()
    assert [job.job_id for job in listed.listing.generations] == ["j1"]
    assert listed.server_date is None


async def test_the_account_and_the_models_are_read(polls: Polls) -> None:
    profile = {"user": {"email": "a@b.example", "balance_eur": "12.50", "held_eur": "2.25"}}
    models = {"models": [{"id": "m1", "approximate_cost_eur": "0.04"}, {"id": "m2", "can_generate": False}]}
    async with ScriptedServer(answer(200, profile), answer(200, models)) as server, polls.client(server.url) as client:
        assert (await client.profile()).available_eur == Decimal("10.25")
        assert [model.id for model in await client.models()] == ["m1", "m2"]
    assert [request.target for request in server.requests] == ["/v1/account/profile", "/v1/models"]


@pytest.mark.parametrize(
    "trouble",
    [
        answer(408),
        answer(425),
        answer(429),
        answer(500),
        answer(502, b"<html>"),
        answer(503),
        close_on_accept,
        reset_on_accept,
        reply(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{}"),
        answer(200, b"<html>Maintenance</html>", {"Content-Type": "text/html"}),
        answer(200, b""),
        answer(200, b'{"status": "pending", "status": "failed"}'),
        answer(200, b"[" * 100_000),
        answer(200, {"job_id": "j1"}),
        answer(200, ["pending"]),
        answer(200, b"\x1f\x8b\x08 gzip", {"Content-Encoding": "gzip"}),
        endless(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 262_144),
    ],
)
async def test_passing_trouble_is_repeated(trouble: Turn, polls: Polls, clock: HandClock) -> None:
    seen = await polls.job(trouble, answer(200, PENDING))
    assert seen.answer.status is JobStatus.PENDING
    assert len(clock.sleeps) == 1


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"])
async def test_silence_is_passing_trouble_too(begun: bytes, polls: Polls, clock: HandClock) -> None:
    await polls.job(hang_after(begun), answer(200, PENDING), timeouts=Timeouts(read_seconds=0.3))
    assert len(clock.sleeps) == 1


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (answer(429), RateLimited),
        (answer(503), ServiceUnavailable),
        (close_on_accept, ConnectionLost),
        (answer(200, b"<html>"), UnexpectedAnswer),
    ],
)
async def test_lasting_trouble_is_raised_after_five_attempts(
    trouble: Turn, error: type[StoriesError], polls: Polls, clock: HandClock
) -> None:
    with pytest.raises(error):
        await polls.job(trouble)
    assert len(clock.sleeps) == 4


@pytest.mark.parametrize(
    ("http_status", "code", "error"),
    [
        (401, "authentication_error", AuthenticationFailed),
        (402, "insufficient_credits", CreditsExhausted),
        (404, "not_found", JobNotFound),
        (451, "content_rejected", ContentRejected),
        (418, "teapot", ApiRefusal),
    ],
)
async def test_a_refusal_is_raised_at_once(
    http_status: int, code: str, error: type[ApiRefusal], polls: Polls, clock: HandClock
) -> None:
    with pytest.raises(error, match="Because") as caught:
        await polls.job(answer(http_status, {"error": code, "message": "Because.", "balance_eur": "0.10"}))
    assert (caught.value.http_status, caught.value.code) == (http_status, code)
    assert caught.value.balance_eur == Decimal("0.10")
    assert clock.sleeps == []


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "1e9"}, 300.0),
        ({"Retry-After": "-1"}, None),
        (
            {"Retry-After": "Fri, 02 Jan 2026 12:00:30 GMT", "Date": "Fri, 02 Jan 2026 12:00:00 GMT"},
            30.0,
        ),
        ({}, None),
    ],
)
async def test_a_429_is_told_and_its_wait_is_kept(
    headers: Mapping[str, str], told: float | None, polls: Polls, clock: HandClock
) -> None:
    await polls.job(answer(429, b"", headers), answer(200, PENDING))
    assert polls.rate_limits == [told]
    assert (told or 0.0) <= clock.sleeps[0] <= (told or 0.0) + 0.5


@pytest.mark.parametrize("http_status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed(http_status: int, polls: Polls, clock: HandClock) -> None:
    async with ScriptedServer(answer(200, PENDING)) as elsewhere:
        with pytest.raises(UnexpectedAnswer, match="redirects are not followed"):
            await polls.job(answer(http_status, b"", {"Location": f"{elsewhere.url}/v1/generate/story/j1"}))
        assert elsewhere.connections == 0
    assert clock.sleeps == []


async def test_connections_are_kept_and_a_stale_one_is_replaced(polls: Polls) -> None:
    pending = raw_answer(200, PENDING)
    async with ScriptedServer(answers(pending, pending), reply(pending)) as server, polls.client(server.url) as client:
        for _ in range(3):
            await client.job("j1")
    assert [request.connection for request in server.requests] == [0, 0, 1]


async def test_nobody_at_home_is_a_lost_connection_that_names_the_host(polls: Polls) -> None:
    async with polls.client(f"http://127.0.0.1:{closed_port()}") as client:
        with pytest.raises(ConnectionLost, match=r"127\.0\.0\.1"):
            await client.job("j1")


async def test_a_cookie_is_not_kept(polls: Polls) -> None:
    turn = answer(200, PENDING, {"Set-Cookie": "session=1; Path=/"})
    async with ScriptedServer(turn) as server, polls.client(server.url) as client:
        await client.job("j1")
        await client.job("j1")
    assert [request.header("cookie") for request in server.requests] == [None, None]


async def test_an_echoed_key_is_redacted_from_documents_and_errors(polls: Polls, key: SecretStr) -> None:
    echo = key.get_secret_value()
    seen = await polls.job(answer(200, {**PENDING, "message": f"hello {echo}", "debug": {"key": echo}}))
    assert seen.answer.message == "hello [key]"
    assert echo not in json.dumps(seen.document)
    with pytest.raises(AuthenticationFailed) as caught:
        await polls.job(answer(401, {"error": "authentication_error", "message": f"unknown key {echo}"}))
    assert str(caught.value) == "unknown key [key]"
    with pytest.raises(ConnectionLost) as lost:
        await polls.job(reply(f"HTTP/1.1 200 OK\r\nbad header {echo}\r\n\r\n".encode()))
    assert echo not in str(lost.value)


async def test_a_wrong_shape_is_told_without_its_content(polls: Polls) -> None:
    signed = "https://images.depicta.ai/x?signature=canary"
    with pytest.raises(UnexpectedAnswer, match="status") as caught:
        await polls.job(answer(200, {"result": {"scenes": [{"image_url": signed}]}, "status_url": signed}))
    assert "canary" not in f"{caught.value} {caught.value.__cause__}"
