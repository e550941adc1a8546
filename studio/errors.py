"""The studio's exceptions.

StudioError       the studio cannot start, or its process did not start: `str()` says what to do
ApiProblem        a request is refused; becomes the API's error body
PictureRefused    an image URL is refused; becomes plain text, because an image host does not speak the API
JobFailed         a job ends without a charge; becomes the `failed` answer of its poll
DrawingFailed     the illustrator cannot draw a picture, and a second attempt would not help
"""

from collections.abc import Mapping

from stories.api.wire import ErrorCode

CONFLICT = "conflict"
"""The `error` word of a 409; no source documents one."""


class StudioError(Exception):
    """The studio cannot run with these settings on this machine."""


class ApiProblem(Exception):
    """A refused request; `details` has a reason for each field, `balance_eur` is set for a 402, in euros.

    `http_status` is needed only where `code` is not one of the API's known error words.
    """

    def __init__(
        self,
        code: ErrorCode | str,
        message: str,
        details: Mapping[str, str] | None = None,
        *,
        http_status: int | None = None,
        balance_eur: str | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = str(code)
        self.http_status = http_status or ErrorCode(code).http_status
        self.message = message
        self.details = details
        self.balance_eur = balance_eur
        self.retry_after_seconds = retry_after_seconds


class PictureRefused(Exception):
    """A refused image URL: 403 for a bad or expired signature, 404 when the picture does not exist."""

    def __init__(self, http_status: int, message: str) -> None:
        super().__init__(message)
        self.http_status = http_status


class JobFailed(Exception):
    """A job that cannot be finished; it is not charged."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class DrawingFailed(Exception):
    """A picture that cannot be drawn. Trouble of the machine, such as a full disk, is an `OSError` instead."""


def invalid(subject: str, details: dict[str, str]) -> ApiProblem:
    """Return the 422 refusal of an invalid `subject`, with a reason for each field."""
    fields = ", ".join(list(details)[:3])
    return ApiProblem(ErrorCode.VALIDATION, f"The {subject} is not valid: see {fields}.", details)
