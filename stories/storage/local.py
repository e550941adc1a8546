"""Objects as files of a local file system, each whole and durable from the moment it has its name.

This module calls the operating system, because fsspec writes in place, without fsync, and its exclusive create is a
check and then a write (fact F6).
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from stories.errors import TargetUnusable
from stories.failpoints import Failpoint, failpoint
from stories.storage.keys import TEMPORARY_PREFIX
from stories.storage.store import StoredObject

_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK}
_NO_DIRECTORY_SYNC = {errno.EINVAL, errno.EBADF}  # some network file systems; PostgreSQL ignores these two as well


class LocalFiles:
    """Blocking calls on the files below `root`; raises `OSError`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def create(self, key: str, content: bytes) -> bool:
        """Create the file unless there is one; False if there is."""
        path = self._root / key
        created = True
        with _temporary_file(path.parent, content) as temporary:
            try:
                os.link(temporary, path)
            except FileExistsError:
                created = False
            except OSError as exc:
                if exc.errno not in _NO_HARD_LINKS:
                    raise
                reason = "this file system has no hard links, which exclusive creation needs"
                raise TargetUnusable(f"{self._root}: {reason}; choose another, or an object store") from exc
        failpoint(Failpoint.FILE_UNSYNCED)
        _fsync_directory(path.parent)  # also after a lost race: the other writer's file may not be durable yet
        return created

    def publish(self, key: str, content: bytes) -> None:
        path = self._root / key
        with _temporary_file(path.parent, content) as temporary:
            temporary.replace(path)
            failpoint(Failpoint.FILE_UNSYNCED)
        _fsync_directory(path.parent)

    def read(self, key: str) -> bytes | None:
        try:
            return (self._root / key).read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            return None

    def size_bytes(self, key: str) -> int | None:
        try:
            status = (self._root / key).stat()
        except FileNotFoundError:
            return None
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects in key order, with one directory at a time in memory."""
        directory = self._root / prefix
        if not (prefix and directory.is_file()):
            yield from self._below(directory)

    def delete(self, key: str) -> None:
        (self._root / key).unlink(missing_ok=True)

    def _below(self, directory: Path) -> Iterator[StoredObject]:
        try:
            with os.scandir(directory) as found:
                # A directory sorts as its keys do: `a.b` comes before `a/b`, `a0` after it.
                entries = sorted(found, key=lambda it: f"{it.name}/" if it.is_dir(follow_symlinks=False) else it.name)
        except FileNotFoundError:
            return
        for entry in entries:
            if entry.name.startswith(TEMPORARY_PREFIX):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._below(Path(entry.path))
                continue
            with suppress(FileNotFoundError):  # deleted since the directory was read
                if entry.is_file():
                    key = Path(entry.path).relative_to(self._root).as_posix()
                    yield StoredObject(key=key, size_bytes=entry.stat().st_size)


@contextmanager
def _temporary_file(directory: Path, content: bytes) -> Iterator[Path]:
    """Yield a synced file with this content beside its later name; removed at the end in any case."""
    _make_directory(directory)
    temporary = directory / f"{TEMPORARY_PREFIX}{uuid4().hex}"
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        failpoint(Failpoint.FILE_UNNAMED)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _make_directory(directory: Path) -> None:
    """Make the directory and its parents; each entry is durable in the directory above."""
    if directory.is_dir():
        return
    _make_directory(directory.parent)
    with suppress(FileExistsError):  # made by another writer; or it is a file, and then the next step fails
        directory.mkdir()
    _fsync_directory(directory.parent)


def _fsync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as exc:
        if exc.errno not in _NO_DIRECTORY_SYNC:
            raise
    finally:
        os.close(descriptor)
