"""The studio's exceptions.

StudioError       the studio cannot start, or the process that should run it did not: `str()` says what to do
ApiProblem        a request is refused; becomes the wire's error body
PictureRefused    an image URL is not good; becomes plain text, for an image host does not speak the API
JobFailed         a job ends without a charge; becomes the `failed` answer of its poll
DrawingFailed     the illustrator cannot draw a picture, now or later
"""

from collections.abc import Mapping

from stories.api.wire import ErrorCode

CONFLICT = "conflict"
"""The word of a 409, which no source documents."""


class StudioError(Exception):
    """The studio cannot run as asked."""


class ApiProblem(Exception):
    """A refused request; `details` names the fields, `balance_eur` is what a 402 tells, in euros.

    `http_status` is needed where the word of the error is none that the API is known to have.
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
    """A picture is not handed out: 403 for a bad or expired signature, 404 when there is no such picture."""

    def __init__(self, http_status: int, message: str) -> None:
        super().__init__(message)
        self.http_status = http_status


class JobFailed(Exception):
    """The job cannot be finished; it is not charged."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class DrawingFailed(Exception):
    """A picture cannot be drawn; trouble of the machine, which may pass, is not this."""
