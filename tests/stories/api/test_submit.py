"""The report of a send: what was seen, row by row of docs/protocol.md#decision-table."""

import json
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import SecretStr

from stories.api.access import ApiAccess
from stories.api.submit import SendReport, SubmitClient, _Sighting
from stories.api.transport import SUBMIT_TIMEOUTS, Timeouts
from tests.doubles.scripted_server import (
    ScriptedServer,
    Turn,
    answer,
    answers,
    close_on_accept,
    closed_port,
    drip,
    endless,
    hang_after,
    raw_answer,
    reply,
    reset_after,
    reset_in_request,
    reset_on_accept,
    speak_first,
)

BODY = b'{"scenes":[{"prompt":"A cat keeps a lighthouse."}]}'
JOB = "a1b2c3d4-e5f6-7890-abcd-ef0123456789"
POLL_PATH = f"/v1/generate/story/{JOB}"
ACCEPTED = raw_answer(202, {"job_id": JOB, "poll_url": POLL_PATH}, {"Location": POLL_PATH})
HEAD_ONLY = b"HTTP/1.1 202 Accepted\r\nContent-Length: 50\r\n"
SOON = Timeouts(read_seconds=0.3)


async def sent(url: str, key: SecretStr, *, timeouts: Timeouts = SUBMIT_TIMEOUTS) -> SendReport:
    async with SubmitClient(ApiAccess(url, key), timeouts) as client:
        return await client.send(BODY, idempotency_key="5c1f")


async def report_of(turn: Turn, key: SecretStr, *, timeouts: Timeouts = SUBMIT_TIMEOUTS) -> SendReport:
    async with ScriptedServer(turn) as server:
        return await sent(server.url, key, timeouts=timeouts)


async def test_an_accepted_job_is_reported_whole(key: SecretStr) -> None:
    date = "Fri, 02 Jan 2026 12:00:00 GMT"
    turn = answer(202, {"job_id": JOB, "poll_url": f"{POLL_PATH}?token=hidden"}, {"Date": date})
    assert await report_of(turn, key) == SendReport(
        bytes_sent=True,
        http_status=202,
        job_id=JOB,
        poll_url=POLL_PATH,
        code=None,
        message="",
        details={},
        retry_after_seconds=None,
        server_date=datetime(2026, 1, 2, 12, tzinfo=UTC),
        failure=None,
    )


async def test_the_request_is_what_the_service_expects(key: SecretStr) -> None:
    async with (
        ScriptedServer(reply(ACCEPTED)) as server,
        SubmitClient(ApiAccess(f"{server.url}/gateway/", key)) as client,
    ):
        await client.send(BODY, idempotency_key="5c1f")
        await client.send(BODY, idempotency_key=None)
    first, second = server.requests
    assert (first.method, first.target, first.body) == ("POST", "/gateway/v1/generate/story", BODY)
    assert first.header("authorization") == f"Bearer {key.get_secret_value()}"
    assert first.header("content-type") == "application/json"
    assert first.header("accept-encoding") == "identity"
    assert first.header("idempotency-key") == "5c1f"
    assert second.header("idempotency-key") is None


@pytest.mark.parametrize(
    ("body", "headers", "job_id"),
    [
        ({"job_id": "j1", "id": "j2"}, {}, "j1"),
        ({"id": "j2"}, {}, "j2"),
        ({"job_id": "j1"}, {"Location": "/v1/generate/story/j3", "x-depicta-job-id": "j4"}, "j1"),
        ({"job_id": 7}, {"Location": "/v1/generate/story/j3", "x-depicta-job-id": "j4"}, "j3"),
        (b"<html>", {"Location": "https://api.depicta.ai/v1/generate/story/j3/?x=1#y"}, "j3"),
        (b"", {"x-depicta-job-id": "j4"}, "j4"),
        ({"poll_url": "/v1/generate/story/j5"}, {}, "j5"),
        ({"job_id": None, "poll_url": "https://elsewhere.example/v1/generate/story/j5"}, {}, "j5"),
        ({}, {}, None),
        ({"job_id": ""}, {}, None),
        ({"job_id": "../.."}, {"Location": "/v1/generate/story/.."}, None),
        ({"job_id": "j\r\n1"}, {"x-depicta-job-id": "j 1"}, None),
        ({"job_id": "j" * 129}, {"Location": "/v1/other/j1"}, None),
        ({"job_id": ["j1"]}, {"Location": "/v1/generate/story"}, None),
        ([{"job_id": "j1"}], {}, None),
        (b'{"job_id": "j1", "job_id": "j2"}', {}, None),
        (b'{"job_id": "j1"' + b', "a": [' * 70 + b"]" * 70 + b"}", {}, None),
    ],
)
async def test_the_job_id_has_four_sources_and_one_shape(
    body: object, headers: Mapping[str, str], job_id: str | None, key: SecretStr
) -> None:
    report = await report_of(answer(202, body, headers), key)
    assert report.job_id == job_id
    assert bool(report.message) == (job_id is None)


async def test_a_202_that_is_cut_anywhere_names_its_job_once_the_head_is_in(key: SecretStr) -> None:
    head_bytes = ACCEPTED.index(b"\r\n\r\n") + 4
    cuts = range(len(ACCEPTED) + 1)
    async with (
        ScriptedServer(*(reply(ACCEPTED[:cut]) for cut in cuts)) as server,
        SubmitClient(ApiAccess(server.url, key)) as client,
    ):
        for cut in cuts:
            report = await client.send(BODY, idempotency_key=None)
            assert report.bytes_sent
            assert report.http_status == (202 if cut >= head_bytes else None), cut
            assert report.job_id == (JOB if cut >= head_bytes else None), cut
            assert (report.failure is None) == (cut == len(ACCEPTED)), cut


async def test_a_body_that_is_whole_but_for_its_length_still_names_its_job(key: SecretStr) -> None:
    turn = hang_after(raw_answer(202, {"job_id": JOB}, {"Content-Length": "500"}))
    report = await report_of(turn, key, timeouts=SOON)
    assert (report.http_status, report.job_id, report.failure) == (202, JOB, "ReadTimeout")


@pytest.mark.parametrize(
    ("turn", "failure"),
    [
        (close_on_accept, None),
        (reset_on_accept, None),
        (reset_in_request, None),
        (reset_after(b""), None),
        (reply(b""), "RemoteProtocolError"),
        (reply(HEAD_ONLY), "RemoteProtocolError"),
        (reply(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "RemoteProtocolError"),
        (hang_after(b""), "ReadTimeout"),
        (hang_after(HEAD_ONLY), "ReadTimeout"),
    ],
)
async def test_after_the_send_event_nothing_is_known_without_an_answer(
    turn: Turn, failure: str | None, key: SecretStr
) -> None:
    report = await report_of(turn, key, timeouts=SOON)
    assert report.bytes_sent
    assert (report.http_status, report.job_id, report.code) == (None, None, None)
    assert report.failure == (failure or report.failure)
    assert report.failure is not None
    assert report.failure in report.message


@pytest.mark.parametrize("protocol", ["http11", "http2"])
async def test_the_send_event_is_the_line(protocol: str) -> None:
    sighting = _Sighting()
    for event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
        await sighting.trace(event, {})
        assert not sighting.bytes_sent
    await sighting.trace(f"{protocol}.send_request_headers.started", {})
    assert sighting.bytes_sent
    await sighting.trace(f"{protocol}.response_closed.complete", {})
    assert sighting.bytes_sent


async def test_a_refused_connection_sent_nothing(key: SecretStr) -> None:
    report = await sent(f"http://127.0.0.1:{closed_port()}", key)
    assert not report.bytes_sent
    assert report.failure == "ConnectError"


async def test_a_name_that_does_not_resolve_sent_nothing() -> None:
    report = await sent("https://api.depicta.invalid", SecretStr("dpct_live_0123456789"))
    assert not report.bytes_sent
    assert "api.depicta.invalid" in report.message


async def test_a_tls_handshake_that_fails_sent_nothing(key: SecretStr) -> None:
    async with ScriptedServer(speak_first(b"220 mail ready\r\n")) as server:
        report = await sent(f"https://127.0.0.1:{server.port}", key)
    assert not report.bytes_sent
    assert server.requests == []


async def test_a_tls_handshake_that_never_ends_sent_nothing(key: SecretStr) -> None:
    async with ScriptedServer(hang_after(b"")) as server:
        poll_policy = Timeouts(connect_seconds=0.05, read_seconds=1.0, total_seconds=5.0)
        report = await sent(f"https://127.0.0.1:{server.port}", key, timeouts=poll_policy)
    assert (report.bytes_sent, report.failure) == (False, "ConnectTimeout")


async def test_a_server_without_a_certificate_that_is_known_gets_nothing(key: SecretStr) -> None:
    async with ScriptedServer(reply(ACCEPTED), tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) as server:
        report = await sent(server.url, key)
    assert not report.bytes_sent
    assert server.requests == []


@pytest.mark.parametrize("http_status", [200, 201, 202])
async def test_a_success_without_an_id_says_so(http_status: int, key: SecretStr) -> None:
    report = await report_of(answer(http_status, b"<html>Welcome</html>"), key)
    assert (report.http_status, report.job_id, report.failure) == (http_status, None, None)
    assert "without a valid job id" in report.message


async def test_no_content_is_an_answer(key: SecretStr) -> None:
    report = await report_of(reply(b"HTTP/1.1 204 No Content\r\n\r\n"), key)
    assert (report.http_status, report.job_id, report.failure) == (204, None, None)


@pytest.mark.parametrize("http_status", [400, 401, 402, 403, 404, 409, 422, 425, 429, 451, 500, 502, 503, 504, 529])
async def test_an_error_body_is_told_from_a_proxys_page(http_status: int, key: SecretStr) -> None:
    envelope = {"error": "some_code", "message": "Because.", "details": {"style": "unknown"}, "balance_eur": "1.20"}
    own = await report_of(answer(http_status, envelope, {"Retry-After": "7"}), key)
    assert (own.http_status, own.code, own.message, own.details) == (
        http_status,
        "some_code",
        "Because.",
        {"style": "unknown"},
    )
    assert (own.retry_after_seconds, own.balance_eur) == (7.0, Decimal("1.20"))
    page = await report_of(answer(http_status, b"<html>Bad gateway</html>", {"Content-Type": "text/html"}), key)
    assert (page.http_status, page.code, page.details, page.retry_after_seconds) == (http_status, None, {}, None)
    assert str(http_status) in page.message


async def test_a_refusal_does_not_take_its_own_id_for_a_job(key: SecretStr) -> None:
    report = await report_of(answer(500, {"error": "internal", "id": "err-1", "job_id": "err-2"}), key)
    assert report.job_id is None


async def test_an_outage_may_still_name_its_job_in_a_header(key: SecretStr) -> None:
    report = await report_of(answer(504, b"", {"x-depicta-job-id": JOB}), key)
    assert (report.http_status, report.job_id, bool(report.message)) == (504, JOB, True)


@pytest.mark.parametrize("http_status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_reported_and_never_followed(http_status: int, key: SecretStr) -> None:
    async with ScriptedServer(reply(ACCEPTED)) as elsewhere:
        target = f"{elsewhere.url}/v1/generate/story/{JOB}"
        report = await report_of(answer(http_status, b"", {"Location": target}), key)
        assert elsewhere.connections == 0
    assert (report.http_status, report.job_id) == (http_status, JOB)
    assert "redirects are not followed" in report.message
    assert "127.0.0.1" not in report.message


async def test_no_connection_is_used_twice(key: SecretStr) -> None:
    """Also when the server would keep it: it may be gone by the time the next bytes leave (fact F3)."""
    async with (
        ScriptedServer(answers(*[ACCEPTED] * 5)) as server,
        SubmitClient(ApiAccess(server.url, key)) as client,
    ):
        reports = [await client.send(BODY, idempotency_key=None) for _ in range(5)]
    assert [report.job_id for report in reports] == [JOB] * 5
    assert [request.connection for request in server.requests] == [0, 1, 2, 3, 4]


async def test_a_failed_send_is_not_repeated(key: SecretStr) -> None:
    async with ScriptedServer(reply(b""), reply(ACCEPTED)) as server:
        await sent(server.url, key)
    assert server.connections == 1


async def test_an_endless_answer_is_not_read_to_its_end(key: SecretStr) -> None:
    head = f"HTTP/1.1 202 X\r\nLocation: {POLL_PATH}\r\n\r\n".encode()
    report = await report_of(endless(head, b" " * 262_144), key)
    assert (report.http_status, report.job_id, report.failure) == (202, JOB, "GarbledAnswer")


async def test_endless_headers_are_not_read_to_their_end(key: SecretStr) -> None:
    report = await report_of(endless(b"HTTP/1.1 202 X\r\n", b"X: y\r\n" * 1000), key)
    assert (report.http_status, report.failure) == (None, "RemoteProtocolError")


async def test_a_compressed_answer_is_not_expanded(key: SecretStr) -> None:
    headers = {"Content-Encoding": "gzip", "Location": POLL_PATH}
    report = await report_of(answer(202, b"\x1f\x8b\x08 not looked into", headers), key)
    assert (report.http_status, report.job_id, report.failure) == (202, JOB, None)


async def test_an_answer_that_drips_is_read(key: SecretStr) -> None:
    assert (await report_of(drip(ACCEPTED), key)).job_id == JOB


async def test_the_whole_send_has_a_deadline(key: SecretStr) -> None:
    poll_policy = Timeouts(read_seconds=60.0, total_seconds=1.0)
    report = await report_of(
        hang_after(raw_answer(202, b"", {"Content-Length": "9", "Location": POLL_PATH})), key, timeouts=poll_policy
    )
    assert (report.bytes_sent, report.http_status, report.job_id, report.failure) == (True, 202, JOB, "TimeoutError")


async def test_the_proxies_of_the_environment_are_not_used(key: SecretStr, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    assert (await report_of(reply(ACCEPTED), key)).job_id == JOB


async def test_an_echoed_key_is_in_no_field(key: SecretStr) -> None:
    echo = key.get_secret_value()
    envelope = {"error": echo, "message": f"Bad key {echo}", "details": {echo: f"Bearer {echo}"}}
    for turn in (
        answer(401, envelope),
        answer(202, {"job_id": JOB, "poll_url": f"/v1/{echo}"}),
        reply(f"HTTP/1.1 202 X\r\nbad header {echo}\r\n\r\n".encode()),
        reply(f"HTTP/1.1 202 X\r\n{'bad ' * 111}{echo}\r\n\r\n".encode()),  # where the text is cut
    ):
        assert echo[:20] not in repr(await report_of(turn, key))
    assert json.dumps(envelope).count(echo) == 4
