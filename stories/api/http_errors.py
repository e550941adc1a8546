"""Mapping of HTTP answers and network failures to this system's errors, with texts that are safe to show."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

import httpx
from pydantic import ValidationError

from stories.api.access import ApiAccess
from stories.api.wire import ErrorBody, ErrorCode
from stories.errors import (
    ApiRefusal,
    AuthenticationFailed,
    ConnectionLost,
    ContentRejected,
    CreditsExhausted,
    InvalidStoryboard,
    JobNotFound,
    ModelNotAllowed,
    RateLimited,
    ServiceUnavailable,
    StoriesError,
    UnexpectedAnswer,
)
from stories.strict_json import JsonDocumentError, parse_json_object
from stories.text import join_lines

LONGEST_RETRY_AFTER_SECONDS = 300.0

_MAX_TEXT_CHARACTERS = 500
_MAX_ERROR_BYTES = 64 * 1024
_MAX_DETAILS = 50

_REFUSAL_OF_CODE: Mapping[str, type[ApiRefusal]] = {
    ErrorCode.VALIDATION: InvalidStoryboard,
    ErrorCode.AUTHENTICATION: AuthenticationFailed,
    ErrorCode.CREDITS: CreditsExhausted,
    ErrorCode.MODEL: ModelNotAllowed,
    ErrorCode.NOT_FOUND: JobNotFound,
    ErrorCode.CONTENT: ContentRejected,
}
_REFUSAL_OF_STATUS: Mapping[int, type[ApiRefusal]] = {
    400: InvalidStoryboard,
    **{ErrorCode(code).http_status: refusal for code, refusal in _REFUSAL_OF_CODE.items()},
}
# A repeated request may succeed after these; after any other exception of httpx it would fail in the same way.
_LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.ProxyError, httpx.RemoteProtocolError, OSError)
_FOREIGN = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError, OSError)


class GarbledAnswer(UnexpectedAnswer):
    """An answer that may be correct when the request is repeated: no JSON, a wrong shape, too large, a proxy's page."""


def api_error(http_status: int, body: ErrorBody | None, *, retry_after_seconds: float | None = None) -> StoriesError:
    """Return the error for an answer other than 2xx; `body` is None when the body was not an error body of the API.

    The status decides if the same call may succeed later. Among refusals, the code is more exact than the status.
    """
    message = body.message if body and body.message else f"the service answered HTTP {http_status} and gave no reason"
    if http_status in (425, 429):
        return RateLimited(message, retry_after_seconds=retry_after_seconds)
    if http_status == 408 or http_status >= 500:
        return ServiceUnavailable(message, http_status=http_status, retry_after_seconds=retry_after_seconds)
    if http_status < 400:
        return UnexpectedAnswer(
            f"HTTP {http_status} is not an answer of the API (redirects are not followed): check the API's URL"
        )
    refusal = _REFUSAL_OF_CODE.get(body.error if body else "") or _REFUSAL_OF_STATUS.get(http_status, ApiRefusal)
    return refusal(
        message,
        http_status=http_status,
        code=body.error if body else f"http_{http_status}",
        details=details_of(body),
        balance_eur=body.balance_eur if body else None,
    )


def network_error(exc: Exception, host: str, access: ApiAccess | None = None) -> StoriesError:
    """Return the error for an exception of httpx or for a timeout."""
    cause = shown(str(exc), access) or "no details"
    text = f"no complete answer from {host}: {cause} ({type(exc).__name__})"
    return ConnectionLost(text) if isinstance(exc, _LOST) else UnexpectedAnswer(text)


@contextmanager
def network_errors_mapped(host: str, access: ApiAccess | None = None) -> Iterator[None]:
    """Convert exceptions of httpx and timeouts in the block to `ConnectionLost` or `UnexpectedAnswer`."""
    try:
        yield
    except _FOREIGN as exc:
        raise network_error(exc, host, access) from exc


def error_body(content: bytes, access: ApiAccess) -> ErrorBody | None:
    """Return the API's error body with texts that are safe to show; None for another body, such as a proxy's page."""
    try:
        body = ErrorBody.model_validate(parse_json_object(content, max_bytes=_MAX_ERROR_BYTES))
    except (JsonDocumentError, ValidationError):
        return None
    details = list((body.details or {}).items())[:_MAX_DETAILS]
    return body.model_copy(
        update={
            "error": shown(body.error, access),
            "message": shown(body.message, access),
            "details": {shown(field, access): shown(str(reason), access) for field, reason in details},
        }
    )


def details_of(body: ErrorBody | None) -> dict[str, str]:
    """Return the reason for each field of a validation error."""
    return {field: str(reason) for field, reason in (body.details or {}).items()} if body else {}


def shown(text: str, access: ApiAccess | None = None) -> str:
    """Return a foreign text as one line of at most 500 characters, without control characters and without the key.

    The key is removed after the control characters and before the cut, because both could split the key.
    """
    line = join_lines(text)
    return (access.redacted(line) if access else line)[:_MAX_TEXT_CHARACTERS]


def server_date(headers: httpx.Headers) -> datetime | None:
    """Return the server time of the answer (`Date`) in UTC."""
    return _http_date(headers.get("date", ""))


def retry_after_seconds(headers: httpx.Headers) -> float | None:
    """Return the wait of `Retry-After` in seconds, at most 300; None when it is missing, malformed or in the past.

    A date is compared with the answer's own `Date`, never with this machine's clock.
    """
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        date, now = _http_date(text), server_date(headers)
        if date is None or now is None:
            return None
        seconds = (date - now).total_seconds()
    return min(seconds, LONGEST_RETRY_AFTER_SECONDS) if isfinite(seconds) and seconds >= 0 else None


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
