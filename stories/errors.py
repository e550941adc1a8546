"""Every exception that this system raises on purpose, by what the caller should do next.

    StoriesError
    ├── TransientError                try again later
    │   ├── ConnectionLost            the network failed before an answer was whole
    │   ├── RateLimited               429 / 425: `retry_after_seconds` when the service named a time
    │   ├── ServiceUnavailable        5xx or 408 on a request that may be repeated
    │   ├── StorageUnavailable        the target did not answer
    │   └── StillRunning              the job is not finished; poll on
    └── PermanentError                stop
        ├── ApiRefusal                the service said no; carries its status, code and text
        │   ├── InvalidStoryboard     400 / 422
        │   ├── AuthenticationFailed  401
        │   ├── CreditsExhausted      402
        │   ├── ModelNotAllowed       403
        │   ├── JobNotFound           404
        │   └── ContentRejected       451
        ├── UnexpectedAnswer          not the API: HTML, wrong shape, too large, a redirect
        ├── ImageRefused              an image URL or its bytes are not to be trusted
        │   └── ImageUrlExpired       a signed URL is past its time; poll again for a fresh one
        ├── SourceUnreadable          the source, or a file of it, cannot be read at all
        ├── TargetUnusable            the target cannot be written, or not safely
        ├── OutcomeUnknown            it is not known whether the service took a story; it is not sent again
        ├── LedgerDamaged             a ledger record is not what was written
        ├── DecisionRefused           a person decided about a story that is not held, or decided already
        ├── SpoolUnusable             the local spool cannot be written
        └── ConfigurationError        a setting is missing or wrong

Trouble of one story is data (a `reason` and a text in the ledger and the manifest); these are raised for what a caller
must decide about. Texts never hold a key, and URLs in them never hold a query.
"""

from decimal import Decimal


class StoriesError(Exception):
    """The root. `str()` of every error says what happened and, where a person can act, what to do next."""


class TransientError(StoriesError):
    """The same call may succeed later."""


class ConnectionLost(TransientError):
    """The network failed before an answer was whole."""


class RateLimited(TransientError):
    """The service asks for fewer requests."""

    def __init__(self, text: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(text)
        self.retry_after_seconds = retry_after_seconds


class ServiceUnavailable(TransientError):
    """The service is in trouble."""

    def __init__(self, text: str, *, http_status: int, retry_after_seconds: float | None = None) -> None:
        super().__init__(text)
        self.http_status = http_status
        self.retry_after_seconds = retry_after_seconds


class StorageUnavailable(TransientError):
    """The target did not answer."""


class StillRunning(TransientError):
    """The job is not finished yet; it keeps running at the service, and is paid for all the same."""

    def __init__(self, text: str, *, job_id: str) -> None:
        super().__init__(text)
        self.job_id = job_id


class PermanentError(StoriesError):
    """The same call would fail again."""


class ApiRefusal(PermanentError):
    """The service refused; `code` and `message` are its own words, `details` its reason for each field."""

    def __init__(
        self,
        message: str,
        *,
        http_status: int,
        code: str,
        details: dict[str, str] | None = None,
        balance_eur: Decimal | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.http_status = http_status
        self.code = code
        self.details = details or {}
        self.balance_eur = balance_eur


class InvalidStoryboard(ApiRefusal):
    """The storyboard is not valid for the service."""


class AuthenticationFailed(ApiRefusal):
    """The key is missing, wrong, or revoked."""


class CreditsExhausted(ApiRefusal):
    """The balance does not cover the story."""


class ModelNotAllowed(ApiRefusal):
    """The account may not use the model; not a rejection of the content."""


class JobNotFound(ApiRefusal):
    """No such job for this key."""


class ContentRejected(ApiRefusal):
    """The storyboard breaks the content policy."""


class UnexpectedAnswer(PermanentError):
    """Something answered that is not the Stories API as it is known."""


class ImageRefused(PermanentError):
    """An image URL or the bytes behind it are not to be trusted; `reason` is a code for the manifest."""

    def __init__(self, text: str, *, reason: str) -> None:
        super().__init__(text)
        self.reason = reason


class ImageUrlExpired(ImageRefused):
    """A signed URL is past its time or was refused as such."""


class SourceUnreadable(PermanentError):
    """The source of storyboards, or a file of it, cannot be read."""


class TargetUnusable(PermanentError):
    """The target cannot be written, or not in the way that keeps the promises."""


class OutcomeUnknown(PermanentError):
    """It is not known whether the service took the story, which is then charged; a person decides."""


class LedgerDamaged(PermanentError):
    """A ledger record is not what was written; nothing may be sent for its story."""


class DecisionRefused(PermanentError):
    """There is nothing to decide about the story, or no more; the text says why."""


class SpoolUnusable(PermanentError):
    """The local spool cannot be written; nothing may be sent from this process."""


class ConfigurationError(PermanentError):
    """A setting is missing or out of bounds; the text names it and how to set it."""
