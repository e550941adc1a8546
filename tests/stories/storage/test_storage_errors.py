import errno
import os

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from s3fs.errors import translate_boto_error

from stories.errors import SourceUnreadable, StorageUnavailable
from stories.storage.storage_errors import storage_error


def _system(code: int) -> OSError:
    return OSError(code, os.strerror(code), "/data/x")


def _s3(status: int, code: str) -> Exception:
    answer = {"Error": {"Code": code, "Message": f"about {code}"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return translate_boto_error(ClientError(answer, "PutObject"))


@pytest.mark.parametrize(
    "exc",
    [
        TimeoutError("slow"),
        ConnectionResetError(errno.ECONNRESET, "reset"),
        _system(errno.EIO),
        _system(errno.EAGAIN),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1/b"),
        ReadTimeoutError(endpoint_url="http://127.0.0.1:1/b"),
        _s3(400, "RequestTimeout"),
        _s3(409, "ConditionalRequestConflict"),
        _s3(429, "TooManyRequests"),
        _s3(500, "InternalError"),
        _s3(503, "SlowDown"),
        RuntimeError("nobody knows"),
    ],
)
def test_what_may_pass_is_to_be_tried_again(exc: Exception) -> None:
    assert isinstance(storage_error(exc, url="s3://b/x", refusal=SourceUnreadable), StorageUnavailable)


@pytest.mark.parametrize(
    ("exc", "reason"),
    [
        (_system(errno.EACCES), "no permission"),
        (_system(errno.EPERM), "no permission"),
        (_system(errno.EROFS), "read-only"),
        (_system(errno.ENOSPC), "no space"),
        (_system(errno.EDQUOT), "quota"),
        (_system(errno.ENOTDIR), "a file and not a directory"),
        (_s3(403, "AccessDenied"), "no permission"),
        (_s3(403, "RequestTimeTooSkewed"), "no permission"),
        (_s3(400, "ExpiredToken"), "no permission"),
        (_s3(404, "NoSuchBucket"), "no such bucket"),
        (_s3(301, "PermanentRedirect"), "about PermanentRedirect"),
        (_s3(400, "InvalidBucketName"), "about InvalidBucketName"),
        (NoCredentialsError(), "credentials"),
        (OSError("Forbidden: b/x\nno storage.objects.create access"), "no permission"),
        (ValueError("Must provide an account"), "Must provide an account"),
    ],
)
def test_what_a_person_has_to_mend_is_refused_with_the_reason(exc: Exception, reason: str) -> None:
    error = storage_error(exc, url="s3://b/x", refusal=SourceUnreadable)
    assert isinstance(error, SourceUnreadable)
    assert str(error).startswith("s3://b/x: ")
    assert reason in str(error)


def test_queries_of_urls_are_cut_from_foreign_texts() -> None:
    exc = EndpointConnectionError(endpoint_url="https://host/b/x?X-Amz-Signature=hunter2&list-type=2")
    assert str(storage_error(exc, url="s3://b/x", refusal=SourceUnreadable)).endswith('URL: "https://host/b/x')
