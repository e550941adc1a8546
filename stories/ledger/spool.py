"""The local spool: a file with the sends that this process began and the jobs it received, durable after a kill -9.

Rule 7 (docs/protocol.md#rules). A process holds an exclusive lock on its spool file for its life; a process that gets
the lock of another spool knows that the owner is dead. Each fact is one line with a checksum, and each line is synced
before the call returns.
"""

import asyncio
import errno
import fcntl
import logging
import os
import threading
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from pydantic import TypeAdapter

from stories.errors import SpoolUnusable
from stories.failpoints import Failpoint, failpoint
from stories.strict_json import JsonDocumentError, JsonObject, canonical_json, parse_json_object, sha256_hex

_log = logging.getLogger(__name__)
_VERSION = 1
_SUFFIX = ".spool"
_DAMAGED_SUFFIX = ".damaged"


@dataclass(frozen=True)
class SpooledJob:
    """An accepted job, on disk before it is in the ledger."""

    story_id: str
    attempt: int
    job_id: str
    poll_path: str


@dataclass(frozen=True)
class DeadSpool:
    """The spool of a process that is certainly dead; its file stays locked until it is released or folded away.

    `sending`: (story_id, attempt) of each send that may have left. `is_whole`: no line was damaged, so a send without a
    line did not leave.
    """

    spool_id: str
    sending: frozenset[tuple[str, int]]
    accepted: tuple[SpooledJob, ...]
    is_whole: bool


class OwnSpool(Protocol):
    """The spool as the ledger needs it; `Spool` implements it with files, and a simulation has its own."""

    @property
    def spool_id(self) -> str:
        """The name of this spool in intents."""
        ...

    @property
    def place(self) -> str:
        """The host and the directory; among spools in the same place, the locks show at once which processes live."""
        ...

    def is_held(self, spool_id: str) -> bool:
        """Return True if the process of a spool in this place is alive, or another one is recovering it."""
        ...

    async def sending(self, story_id: str, attempt: int) -> None:
        """Record durably that a byte of this attempt may leave from now on; raises `SpoolUnusable`."""
        ...

    async def accepted(self, job: SpooledJob) -> None:
        """Record durably that the service accepted the job; raises `SpoolUnusable`."""
        ...

    async def take_dead(self) -> tuple[DeadSpool, ...]:
        """Lock and read the spools of dead processes of this host that wrote to this target."""
        ...

    async def release(self, dead: DeadSpool) -> None:
        """Unlock the spool, so that another process can recover it."""
        ...

    async def fold_away(self, dead: DeadSpool) -> None:
        """Remove the spool, because the ledger now holds all of its facts."""
        ...


class Spool:
    """A spool in its own file below `directory`/`target_id`; a context manager that is open as long as the process.

    A closed spool refuses every line, because another process can then void its intents.
    """

    def __init__(self, path: Path, descriptor: int, *, host: str, target_id: str) -> None:
        self._path = path
        self._locked = {path.stem: descriptor}
        self._host = host
        self._target_id = target_id
        self._writing = threading.Lock()
        self._broken: OSError | None = None

    @classmethod
    def open(cls, directory: Path, target_id: str, *, host: str) -> Self:
        """Create and lock a new spool; raises `SpoolUnusable`.

        The file gets its name only when it is locked and has its first line, so that no process finds it unlocked while
        this process lives. A network file system may not show other hosts' locks, so each spool names its host.
        """
        spool_id = uuid.uuid4().hex
        own = directory / str(uuid.UUID(target_id))
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            own.mkdir(mode=0o700, exist_ok=True)
            unnamed, path = own / f"{spool_id}.new", own / f"{spool_id}{_SUFFIX}"
            descriptor = os.open(unnamed, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _append(descriptor, _header(spool_id, host, target_id, descriptor))
                failpoint(Failpoint.SPOOL_LOCKED)
                unnamed.rename(path)
                _sync_directory(own)
                failpoint(Failpoint.SPOOL_NAMED)
            except OSError:
                os.close(descriptor)
                raise
        except OSError as exc:
            raise SpoolUnusable(f"{directory}: the spool cannot be written: {exc.strerror}; choose another") from exc
        return cls(path, descriptor, host=host, target_id=target_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the lock; the next process on this host replays the file and removes it."""
        with self._writing:
            self._broken = OSError(errno.EBADF, "the spool is closed")
            while self._locked:
                os.close(self._locked.popitem()[1])

    @property
    def spool_id(self) -> str:
        return self._path.stem

    @property
    def place(self) -> str:
        return f"{self._host}:{self._path.parent.absolute()}"

    def is_held(self, spool_id: str) -> bool:
        if spool_id in self._locked:
            return True
        try:
            descriptor = os.open(self._path.with_name(spool_id + _SUFFIX), os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False

    async def sending(self, story_id: str, attempt: int) -> None:
        await asyncio.to_thread(self._write, {"line": "sending", "story_id": story_id, "attempt": attempt})

    async def accepted(self, job: SpooledJob) -> None:
        await asyncio.to_thread(self._write, {"line": "accepted", **asdict(job)})

    async def take_dead(self) -> tuple[DeadSpool, ...]:
        return await asyncio.to_thread(lambda: tuple(filter(None, map(self._take, self._others()))))

    async def release(self, dead: DeadSpool) -> None:
        os.close(self._locked.pop(dead.spool_id))

    async def fold_away(self, dead: DeadSpool) -> None:
        """Remove the spool; rename a damaged one, so that a person can inspect it."""
        path = self._path.with_name(dead.spool_id + _SUFFIX)
        failpoint(Failpoint.SPOOL_BEFORE_FOLD)
        try:
            if dead.is_whole:
                path.unlink(missing_ok=True)
            else:
                path.rename(path.with_suffix(_DAMAGED_SUFFIX))
        except OSError as exc:
            _log.warning("the spool %s cannot be removed; the next run replays it again: %s", path, exc)
        failpoint(Failpoint.SPOOL_FOLDED)
        await self.release(dead)

    def _write(self, line: JsonObject) -> None:
        with self._writing:
            try:
                if self._broken is None:
                    _append(self._locked[self.spool_id], line)
            except OSError as exc:
                # After a failed sync the kernel may mark the lost page as clean, and after a short write the next line
                # would join the torn one: this file can make nothing durable any more.
                self._broken = exc
            if self._broken is not None:
                raise SpoolUnusable(f"{self._path}: {self._broken.strerror}; nothing may be sent") from self._broken

    def _others(self) -> list[Path]:
        return [path for path in sorted(self._path.parent.glob(f"*{_SUFFIX}")) if path != self._path]

    def _take(self, path: Path) -> DeadSpool | None:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)  # NFS locks only files opened for writing
        except OSError:  # folded away by another process, or not readable for this one
            return None
        dead = None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            dead = self._read(path, descriptor)
        except OSError as exc:
            _log.debug("the spool %s is left alone: %s", path, exc)
        if dead is None:
            os.close(descriptor)
        else:
            self._locked[dead.spool_id] = descriptor
        return dead

    def _read(self, path: Path, descriptor: int) -> DeadSpool | None:
        """Read the spool; None when the file is not the spool of a process of this host and this target."""
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            header, *lines = _lines(file.read()) or [None]
        if not os.fstat(descriptor).st_nlink or header != _header(path.stem, self._host, self._target_id, descriptor):
            return None
        known = [line for line in lines if line is not None and line.get("line") in ("sending", "accepted")]
        return DeadSpool(
            spool_id=path.stem,
            sending=frozenset((str(line["story_id"]), int(str(line["attempt"]))) for line in known),
            accepted=tuple(_JOB.validate_python(line) for line in known if "job_id" in line),
            is_whole=len(known) == len(lines),
        )


_JOB = TypeAdapter(SpooledJob)


def _header(spool_id: str, host: str, target_id: str, descriptor: int) -> JsonObject:
    """Return the first line. Its inode excludes copies of the file, whose locks prove nothing."""
    inode = str(os.fstat(descriptor).st_ino)
    return {"version": _VERSION, "spool_id": spool_id, "host": host, "target_id": target_id, "inode": inode}


def _append(descriptor: int, document: JsonObject) -> None:
    body = canonical_json(document)
    line = _checksum(body) + b" " + body + b"\n"
    if os.write(descriptor, line) != len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    failpoint(Failpoint.SPOOL_LINE_UNSYNCED)
    os.fsync(descriptor)


def _lines(content: bytes) -> list[JsonObject | None]:
    """Return the documents of the lines, None for a damaged one; skip a torn last line, which had no effect."""
    *lines, torn = content.split(b"\n")
    rest = _document(torn) or _document(torn[:-1])  # complete except for its line end
    return [*map(_document, lines), *([rest] if rest else [])]


def _document(line: bytes) -> JsonObject | None:
    checksum, _, body = line.partition(b" ")
    try:
        return parse_json_object(body, max_bytes=len(body)) if checksum == _checksum(body) else None
    except JsonDocumentError:
        return None


def _checksum(body: bytes) -> bytes:
    return sha256_hex(body)[:16].encode()


def _sync_directory(directory: Path) -> None:
    """Sync a directory; raises where a file system cannot, because a spool that may be lost guards nothing."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
