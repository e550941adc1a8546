"""The one mapping from what came over HTTP, or failed to come, to the errors of this system; texts made fit to show."""

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
# What these say of an answer may be otherwise the next time; every other class of httpx is about a request or an answer
# that would be as wrong again.
_LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.ProxyError, httpx.RemoteProtocolError, OSError)
_FOREIGN = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError, OSError)


class GarbledAnswer(UnexpectedAnswer):
    """An answer that may be whole the next time: not JSON, not the shape, too large, a proxy's page."""


def api_error(http_status: int, body: ErrorBody | None, *, retry_after_seconds: float | None = None) -> StoriesError:
    """The error that an answer other than 2xx stands for, whether or not its body was an error body of the API.

    The status decides whether the same call may succeed later; among refusals the code is more exact than the status.
    """
    message = body.message if body and body.message else f"the service answered HTTP {http_status} without a reason"
    if http_status in (425, 429):
        return RateLimited(message, retry_after_seconds=retry_after_seconds)
    if http_status == 408 or http_status >= 500:
        return ServiceUnavailable(message, http_status=http_status, retry_after_seconds=retry_after_seconds)
    if http_status < 400:
        return UnexpectedAnswer(
            f"HTTP {http_status} is no answer of the API (redirects are not followed): check its URL"
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
    """The error that an exception of httpx, or a time that ran out, stands for."""
    what = shown(str(exc), access) or "no more is known"
    text = f"no whole answer from {host}: {what} ({type(exc).__name__})"
    return ConnectionLost(text) if isinstance(exc, _LOST) else UnexpectedAnswer(text)


@contextmanager
def network_errors_mapped(host: str, access: ApiAccess | None = None) -> Iterator[None]:
    """Raise what httpx raises inside the block as `ConnectionLost` or `UnexpectedAnswer`."""
    try:
        yield
    except _FOREIGN as exc:
        raise network_error(exc, host, access) from exc


def error_body(content: bytes, access: ApiAccess) -> ErrorBody | None:
    """The API's error body with texts fit to show, or None when the body is something else, such as a proxy's page."""
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
    """The reason of each field, of a validation error."""
    return {field: str(reason) for field, reason in (body.details or {}).items()} if body else {}


def shown(text: str, access: ApiAccess | None = None) -> str:
    """A foreign text as one line of at most 500 characters: no control characters, no key.

    The order matters: a key may be broken up by control characters, or by the cut.
    """
    line = join_lines(text)
    return (access.redacted(line) if access else line)[:_MAX_TEXT_CHARACTERS]


def server_date(headers: httpx.Headers) -> datetime | None:
    """The service's own time of the answer (`Date`), in UTC."""
    return _http_date(headers.get("date", ""))


def retry_after_seconds(headers: httpx.Headers) -> float | None:
    """The wait that `Retry-After` asks for, at most 300 s; None when it is missing, malformed or in the past.

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
