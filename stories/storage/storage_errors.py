"""The one mapping from exceptions of operating systems and cloud clients to errors that say: try again, or stop.

The clients of the three clouds are optional, so their exceptions are distinguished by their contents, not by type.
"""

import errno
from collections.abc import Iterator

from stories.errors import PermanentError, StorageUnavailable, StoriesError
from stories.text import cut_queries

_CREDENTIAL_ERRORS = {
    "NoCredentialsError",  # botocore
    "PartialCredentialsError",
    "ProfileNotFound",
    "DefaultCredentialsError",  # google.auth
    "ClientAuthenticationError",  # azure.core
}
_TRANSIENT_STATUSES = {408, 409, 425, 429}
_REASONS = {
    errno.EROFS: "it is read-only",
    errno.ENOSPC: "no space is left",
    errno.EDQUOT: "the quota is used up",
    errno.EFBIG: "the file is larger than the file system or a limit of the process allows",
    errno.ENOENT: "the directory cannot be made",
    errno.ENOTDIR: "a part of the path is a file and not a directory",
    errno.EEXIST: "a file is in the way",
    errno.EISDIR: "a directory is in the way",
    errno.ENAMETOOLONG: "the path is too long",
    errno.ELOOP: "the path is a circle of symbolic links",
}
_PERMISSION = "no permission; check the credentials, or the owner and mode of the directory"
_NO_CREDENTIALS = "no usable credentials; set those of the cloud in the environment"
_MISSING = "no such bucket; create it first, or correct the name"


def storage_error(exc: Exception, *, url: str, refusal: type[PermanentError]) -> StoriesError:
    """Return the error to raise `from exc`: `refusal` if only a person can fix it, else `StorageUnavailable`.

    `url` names the place in the text and has no credentials. Queries of URLs inside the foreign text are cut.
    """
    reason = _permanent_reason(exc)
    text = _text(exc)
    if reason is None:
        return StorageUnavailable(f"{url} did not answer: {text}")
    return refusal(f"{url}: {reason} ({text})")


def http_status(exc: BaseException) -> int | None:
    """Return the HTTP status of a cloud client's exception, or of a cause of it; None if there is none."""
    for link in _chain(exc):
        response = getattr(link, "response", None)
        if isinstance(response, dict):  # botocore
            status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        else:  # azure.core, gcsfs, aiohttp
            status = getattr(link, "status_code", None) or getattr(link, "code", None) or getattr(link, "status", None)
        if isinstance(status, int):
            return status
    return None


def is_missing_bucket(exc: BaseException) -> bool:
    """Return True if S3 reports the bucket, and not the key, as missing; the other clients report both alike."""
    responses = (getattr(link, "response", None) for link in _chain(exc))
    return any(isinstance(it, dict) and it.get("Error", {}).get("Code") == "NoSuchBucket" for it in responses)


def _permanent_reason(exc: Exception) -> str | None:
    if isinstance(exc, TimeoutError | ConnectionError):
        return None
    status = http_status(exc)
    if (
        isinstance(exc, PermissionError) or status in {401, 403} or str(exc).startswith("Forbidden")
    ):  # the last one is gcsfs
        return _PERMISSION
    if is_missing_bucket(exc) or status == 404 or (isinstance(exc, FileNotFoundError) and exc.errno is None):
        return _MISSING
    if any(cls.__name__ in _CREDENTIAL_ERRORS for link in _chain(exc) for cls in type(link).__mro__):
        return _NO_CREDENTIALS
    if isinstance(exc, ValueError) or (status and 300 <= status < 500 and status not in _TRANSIENT_STATUSES):
        return "the request was refused and would be refused again"
    return _REASONS.get(exc.errno or 0) if isinstance(exc, OSError) else None


def _chain(exc: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = exc
    while link is not None:
        yield link
        link = link.__cause__


def _text(exc: Exception) -> str:
    text = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
    first_line = text.partition("\n")[0]  # Azure appends its whole answer
    return f"{type(exc).__name__}: {cut_queries(first_line)[:300]}"
