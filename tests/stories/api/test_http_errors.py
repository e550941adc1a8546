"""What comes over HTTP, or fails to, has one meaning each; texts of strangers are made fit to show."""

import json

import httpx
import pytest
from pydantic import SecretStr

from stories import errors
from stories.api.access import ApiAccess
from stories.api.http_errors import (
    api_error,
    error_body,
    network_error,
    network_errors_mapped,
    retry_after_seconds,
    server_date,
    shown,
)
from stories.api.wire import ErrorBody, ErrorCode

KEY = "dpct_live_0123456789"
ACCESS = ApiAccess("https://api.depicta.ai", SecretStr(KEY))

ERROR_OF_CODE = {
    ErrorCode.VALIDATION: errors.InvalidStoryboard,
    ErrorCode.AUTHENTICATION: errors.AuthenticationFailed,
    ErrorCode.CREDITS: errors.CreditsExhausted,
    ErrorCode.MODEL: errors.ModelNotAllowed,
    ErrorCode.NOT_FOUND: errors.JobNotFound,
    ErrorCode.RATE_LIMITED: errors.RateLimited,
    ErrorCode.CONTENT: errors.ContentRejected,
    ErrorCode.INTERNAL: errors.ServiceUnavailable,
}
LOST = {
    "ConnectTimeout",
    "ReadTimeout",
    "WriteTimeout",
    "PoolTimeout",
    "TimeoutException",
    "NetworkError",
    "ConnectError",
    "ReadError",
    "WriteError",
    "CloseError",
    "ProxyError",
    "RemoteProtocolError",
}
UNEXPECTED = {
    "HTTPError",
    "RequestError",
    "TransportError",
    "UnsupportedProtocol",
    "ProtocolError",
    "LocalProtocolError",
    "DecodingError",
    "TooManyRedirects",
    "HTTPStatusError",
    "InvalidURL",
    "CookieConflict",
    "StreamError",
    "StreamConsumed",
    "StreamClosed",
    "ResponseNotRead",
    "RequestNotRead",
}


def exceptions_of_httpx() -> dict[str, type[Exception]]:
    named = {name: getattr(httpx, name) for name in httpx.__all__}
    return {name: one for name, one in named.items() if isinstance(one, type) and issubclass(one, Exception)}


def made(kind: type[Exception]) -> Exception:
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("GET", "https://api.depicta.ai")
        return httpx.HTTPStatusError("x", request=request, response=httpx.Response(500))
    return kind() if issubclass(kind, httpx.StreamError) and kind is not httpx.StreamError else kind("x")


def test_every_exception_of_httpx_is_placed() -> None:
    assert set(exceptions_of_httpx()) == LOST | UNEXPECTED


@pytest.mark.parametrize("name", sorted(LOST | UNEXPECTED))
def test_every_exception_of_httpx_becomes_one_of_ours(name: str) -> None:
    expected = errors.ConnectionLost if name in LOST else errors.UnexpectedAnswer
    foreign = made(exceptions_of_httpx()[name])
    with pytest.raises(errors.StoriesError) as caught, network_errors_mapped("api.depicta.ai"):
        raise foreign
    assert type(caught.value) is expected
    assert caught.value.__cause__ is foreign


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError("x"), OSError(101, "unreachable")])
def test_trouble_of_the_sockets_is_a_lost_connection(error: OSError) -> None:
    assert isinstance(network_error(error, "api.depicta.ai"), errors.ConnectionLost)


def test_every_error_code_comes_back_as_its_error() -> None:
    assert set(ERROR_OF_CODE) == set(ErrorCode)
    for code, expected in ERROR_OF_CODE.items():
        raised = api_error(code.http_status, ErrorBody(error=code, message="why"))
        assert type(raised) is expected
        assert str(raised) == "why"
        if isinstance(raised, errors.ApiRefusal):
            assert (raised.code, raised.http_status) == (code, code.http_status)


@pytest.mark.parametrize(
    ("http_status", "expected"),
    [
        (301, errors.UnexpectedAnswer),
        (307, errors.UnexpectedAnswer),
        (400, errors.InvalidStoryboard),
        (401, errors.AuthenticationFailed),
        (402, errors.CreditsExhausted),
        (403, errors.ModelNotAllowed),
        (404, errors.JobNotFound),
        (405, errors.ApiRefusal),
        (408, errors.ServiceUnavailable),
        (410, errors.ApiRefusal),
        (418, errors.ApiRefusal),
        (422, errors.InvalidStoryboard),
        (425, errors.RateLimited),
        (429, errors.RateLimited),
        (451, errors.ContentRejected),
        (500, errors.ServiceUnavailable),
        (503, errors.ServiceUnavailable),
        (529, errors.ServiceUnavailable),
    ],
)
def test_a_status_without_an_error_body_has_a_meaning_too(http_status: int, expected: type[Exception]) -> None:
    assert type(api_error(http_status, None)) is expected
    assert str(http_status) in str(api_error(http_status, None))


def test_the_code_is_more_exact_than_the_status_but_cannot_turn_an_outage_into_a_refusal() -> None:
    assert type(api_error(403, ErrorBody(error="content_rejected"))) is errors.ContentRejected
    assert type(api_error(500, ErrorBody(error="validation_error"))) is errors.ServiceUnavailable


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 1.5 ", 1.5),
        ("301", 300.0),
        ("1e9", 300.0),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("Fri, 02 Jan 2026 12:00:30 GMT", 30.0),
        ("Fri, 02 Jan 2026 12:00:00 GMT", 0.0),
        ("Fri, 02 Jan 2026 13:00:00 +0100", 0.0),
        ("Sat, 03 Jan 2026 12:00:00 GMT", 300.0),
        ("Thu, 01 Jan 2026 12:00:00 GMT", None),
        ("Fri, 02 Jan 99999 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, seconds: float | None) -> None:
    headers = httpx.Headers({"Retry-After": value, "Date": "Fri, 02 Jan 2026 12:00:00 GMT"})
    assert retry_after_seconds(headers) == seconds


def test_a_date_to_retry_after_is_nothing_without_the_services_own_time() -> None:
    assert retry_after_seconds(httpx.Headers({"Retry-After": "Fri, 02 Jan 2026 12:00:30 GMT"})) is None
    assert retry_after_seconds(httpx.Headers()) is None


@pytest.mark.parametrize("value", ["", "today", "Fri, 32 Jan 2026 12:00:00 GMT", "0" * 5000])
def test_a_malformed_date_is_none(value: str) -> None:
    assert server_date(httpx.Headers({"Date": value})) is None


def test_a_foreign_text_is_one_short_line() -> None:
    assert shown("red\x1b[31m \r\n\t alert\x00\x9b\u202e\ud800") == "red[31m alert"
    assert len(shown("a" * 10_000)) == 500


@pytest.mark.parametrize(
    "echo", [KEY, f"Bearer {KEY}", "dpct_\x00live_0123456789", "dpct_live\u200b_0123456789", "a" * 490 + KEY]
)
def test_an_echoed_key_is_redacted_however_it_is_broken_up(echo: str) -> None:
    content = json.dumps({"error": echo, "message": echo, "details": {echo: echo}}).encode()
    body = error_body(content, ACCESS)
    assert body is not None
    assert "live_0123" not in body.model_dump_json()
    assert "dpct_live" not in body.model_dump_json()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>502</html>",
        b"[]",
        b'{"message": "no code"}',
        b'{"error": {"code": 1}}',
        b'{"error": "x"}' + b" " * 70_000,
    ],
)
def test_what_is_no_error_body_of_the_api_has_no_code(content: bytes) -> None:
    assert error_body(content, ACCESS) is None


def test_odd_fields_do_not_hide_an_error_body() -> None:
    body = error_body(b'{"error": "validation_error", "message": null, "details": ["x"]}', ACCESS)
    assert body == ErrorBody(error="validation_error", message="", details={})


def test_details_are_texts_and_not_too_many() -> None:
    fields = {f"scenes.{number}.prompt": {"reason": number} for number in range(80)}
    body = error_body(json.dumps({"error": "validation_error", "details": fields}).encode(), ACCESS)
    raised = api_error(422, body)
    assert isinstance(raised, errors.InvalidStoryboard)
    assert len(raised.details) == 50
    assert raised.details["scenes.7.prompt"] == "{'reason': 7}"
