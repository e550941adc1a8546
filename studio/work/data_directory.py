"""The data directory of a studio: the paths in it, its lock, and durable writes of whole files."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from stories.api.wire import ImageFormat
from studio.errors import StudioError
from studio.work.picture_names import Picture


@dataclass(frozen=True)
class DataDirectory:
    """A directory for one studio at a time, readable by its owner only."""

    root: Path

    @classmethod
    def prepare(cls, root: Path) -> Self:
        """Return the directory, created if it is missing; raises `StudioError` when it cannot be created."""
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as exc:
            raise StudioError(f"{root} cannot be the studio's data directory: {exc.strerror}") from exc
        return cls(root.resolve())

    @property
    def database(self) -> Path:
        return self.root / "studio.sqlite3"

    @property
    def requests(self) -> Path:
        """Return the path of the request log: one JSON line for each answered POST."""
        return self.root / "requests.jsonl"

    @property
    def log(self) -> Path:
        return self.root / "studio.log"

    def picture(self, job_id: str, picture: Picture, image_format: ImageFormat) -> Path:
        return self.root / "images" / job_id / picture.file_name(image_format)

    def upload(self, upload_id: str, image_format: ImageFormat) -> Path:
        return self.root / "uploads" / f"{upload_id}.{image_format.extension}"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock the directory while the block runs; raises `StudioError` when another process has locked it."""
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                pid = os.pread(descriptor, 20, 0).decode("ascii", "replace")
                raise StudioError(
                    f"{self.root} is in use by the studio with pid {pid}: stop that studio, or choose another directory"
                ) from exc
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            yield
        finally:
            os.close(descriptor)

    def kept_text(self, name: str, fresh: Callable[[], str]) -> str:
        """Return the text of a file that only its owner can read; the first call writes `fresh()` to it."""
        path = self.root / name
        if not path.exists():
            write_whole(path, fresh().encode())
        return path.read_text("ascii").strip()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file with mode 0600 that is whole and durable, or missing, whenever the machine stops."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    _sync_directory(path.parent)


def create_directory(path: Path) -> None:
    """Create a directory durably; its parent must exist, and the directory itself may."""
    path.mkdir(mode=0o700, exist_ok=True)
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
