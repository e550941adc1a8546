"""Every exception that this system raises on purpose, ordered by the caller's next action.

    StoriesError
    ├── TransientError                try again later
    │   ├── ConnectionLost            the network failed before an answer was complete
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
        ├── ImageRefused              an image URL or its bytes cannot be trusted
        │   └── ImageUrlExpired       a signed URL has expired; poll again for a fresh one
        ├── SourceUnreadable          the source, or one of its files, cannot be read at all
        ├── TargetUnusable            the target cannot be written, or not safely
        ├── OutcomeUnknown            it is not known if the service took a story; it is not sent again
        ├── LedgerDamaged             a ledger record differs from the bytes that were written
        ├── DecisionRefused           a person decided about a story that is not held or is decided already
        ├── SpoolUnusable             the local spool cannot be written
        └── ConfigurationError        a setting is missing or wrong

Trouble of one story is data (a `reason` and a text in the ledger and the manifest). These exceptions are for events
that a caller must decide about. Their texts never contain a key, and URLs in them never contain a query.
"""

from decimal import Decimal


class StoriesError(Exception):
    """The root of the tree. `str()` of every error says what happened and, if a person can act, what to do next."""


class TransientError(StoriesError):
    """The same call may succeed later."""


class ConnectionLost(TransientError):
    """The network failed before an answer was complete."""


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
    """The job is not finished yet; it keeps running at the service and will be paid for."""

    def __init__(self, text: str, *, job_id: str) -> None:
        super().__init__(text)
        self.job_id = job_id


class PermanentError(StoriesError):
    """The same call would fail again."""


class ApiRefusal(PermanentError):
    """The service refused; `code` and `message` are from the service, `details` its reason for each field."""

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
    """The service has no such job for this key."""


class ContentRejected(ApiRefusal):
    """The storyboard breaks the content policy."""


class UnexpectedAnswer(PermanentError):
    """The answer is not that of the Stories API as it is known."""


class ImageRefused(PermanentError):
    """An image URL or its bytes cannot be trusted; `reason` is a code for the manifest."""

    def __init__(self, text: str, *, reason: str) -> None:
        super().__init__(text)
        self.reason = reason


class ImageUrlExpired(ImageRefused):
    """A signed URL has expired or was refused as expired."""


class SourceUnreadable(PermanentError):
    """The source of storyboards, or one of its files, cannot be read."""


class TargetUnusable(PermanentError):
    """The target cannot be written, or not with the guarantees that the dataset needs."""


class OutcomeUnknown(PermanentError):
    """It is not known if the service took the story and will charge it; a person decides."""


class LedgerDamaged(PermanentError):
    """A ledger record differs from the bytes that were written; nothing may be sent for its story."""


class DecisionRefused(PermanentError):
    """There is nothing to decide about the story, or it is decided already; the text says why."""


class SpoolUnusable(PermanentError):
    """The local spool cannot be written; nothing may be sent from this process."""


class ConfigurationError(PermanentError):
    """A setting is missing or out of bounds; the text names it and how to set it."""
