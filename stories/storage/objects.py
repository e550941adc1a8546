"""Objects in a bucket: S3, Google Cloud Storage or Azure Blob Storage, through fsspec.

Only calls on one named file are used: all other calls expand `[`, `*` and `?` in names.
"""

from collections.abc import Iterator

from fsspec import AbstractFileSystem

from stories.storage.keys import TEMPORARY_PREFIX
from stories.storage.storage_errors import http_status, is_missing_bucket
from stories.storage.store import StoredObject


class BucketObjects:
    """Blocking calls on the objects below `root` (bucket and prefix); raises what the cloud's client raises."""

    def __init__(self, filesystem: AbstractFileSystem, root: str) -> None:
        self._filesystem = filesystem
        self._root = root

    def create(self, key: str, content: bytes) -> bool:
        """Create the object unless there is one; False if there is, and also after a conflict.

        412 may be caused by our own write, whose reply was lost, and 409 means that nothing was written (fact F7).
        After False, the key must be read to know whose content it has.
        """
        try:
            self._filesystem.pipe_file(self._path(key), content, mode="create")
        except FileExistsError:
            return False
        except Exception as exc:
            # s3fs recognises a 412 by an element of its body that not every server sends.
            if http_status(exc) in {409, 412}:
                return False
            raise
        return True

    def publish(self, key: str, content: bytes) -> None:
        self._filesystem.pipe_file(self._path(key), content)

    def read(self, key: str) -> bytes | None:
        try:
            content: bytes = self._filesystem.cat_file(self._path(key))
        except FileNotFoundError as exc:
            _raise_if_bucket_is_missing(exc)
            return None
        return content

    def size_bytes(self, key: str) -> int | None:
        try:
            info = self._filesystem.info(self._path(key))
        except FileNotFoundError as exc:
            _raise_if_bucket_is_missing(exc)
            return None
        return int(info["size"]) if info["type"] == "file" else None

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects in key order. fsspec holds some 1.3 KB for each key that was not yielded yet."""
        directory = self._path(prefix) if prefix else self._root
        try:
            found = self._filesystem.find(directory, detail=True)
        except FileNotFoundError as exc:
            _raise_if_bucket_is_missing(exc)
            return
        if not isinstance(found, dict):  # adlfs returns another type for a blob of exactly this name
            return
        for name in sorted(found):
            info = found.pop(name)
            key = name.removeprefix(f"{self._root}/")
            below = name.startswith(f"{directory}/") and not name.endswith("/")
            if below and info["type"] == "file" and not key.rpartition("/")[2].startswith(TEMPORARY_PREFIX):
                yield StoredObject(key=key, size_bytes=int(info["size"]))

    def delete(self, key: str) -> None:
        try:
            self._filesystem.rm_file(self._path(key))
        except FileNotFoundError as exc:
            _raise_if_bucket_is_missing(exc)

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}"


def _raise_if_bucket_is_missing(exc: FileNotFoundError) -> None:
    """Raise if the bucket is missing; as "no such key", the ledger would take it for a story that was never sent."""
    if is_missing_bucket(exc):
        raise exc
