"""The directory of a single story: images by the names that the vendor's client gives them, all else in `.depicta/`."""

import fcntl
import os
import secrets
import shutil
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from stories.api.wire import ImageFormat, StoryResult
from stories.clock import Clock
from stories.dataset import layout
from stories.dataset.model import ImageRole, SavedImage
from stories.errors import TargetUnusable
from stories.jobs.expected_images import expected_references
from stories.ledger.entry import LedgerEntry
from stories.ledger.ledger import Ledger
from stories.ledger.recovery import recover_host
from stories.ledger.spool import Spool
from stories.ledger.states import SubmitState
from stories.storage.fsspec_store import open_store
from stories.storage.storage_errors import storage_error
from stories.storage.store import Store
from stories.text import make_unique_slugs, replace_lone_surrogates

_HIDDEN = ".depicta"
_LOCK = "lock"
_TARGET_ID = "target-id"
_RECORD = "story.json"
_FOLDERS = {ImageRole.CHARACTER: "characters", ImageRole.LOCATION: "locations"}
_MAYBE_PAID = (SubmitState.ACCEPTED, SubmitState.IN_DOUBT, SubmitState.HELD)


@dataclass(frozen=True)
class Asked:
    """The images that a command is to leave in the directory."""

    image_format: ImageFormat
    references: bool


@dataclass(frozen=True)
class Reference:
    """A reference image of the story; `path` is relative to the directory."""

    role: ImageRole
    name: str
    path: str

    @property
    def folder(self) -> str:
        return _FOLDERS[self.role]


@dataclass(frozen=True)
class StoryRecord:
    """A completed job, with all it takes to name its images; `story_id` is None when the storyboard is not known."""

    job_id: str
    story_id: str | None
    title: str | None
    cost_eur: Decimal | None
    balance_eur: Decimal | None
    scenes: int
    references: tuple[Reference, ...]

    def scene_paths(self, image_format: ImageFormat) -> list[str]:
        """The scenes' files in order, relative to the directory."""
        return [f"scene-{number:02d}.{image_format.extension}" for number in range(1, self.scenes + 1)]

    def paths(self, asked: Asked) -> list[str]:
        """Every file that is asked for, relative to the directory."""
        references = [reference.path for reference in self.references] if asked.references else []
        return self.scene_paths(asked.image_format) + references

    def path_of(self, image: SavedImage, asked: Asked) -> str:
        """Where an image belongs, by its place in the story and whatever its bytes are."""
        if image.role is ImageRole.SCENE:
            return self.scene_paths(asked.image_format)[image.ordinal]
        return next(it.path for it in self.references if (it.role, it.name) == (image.role, image.name))


def references_of(result: StoryResult) -> tuple[Reference, ...]:
    """The references that the service serves, each with the file of its slug."""
    served = [expected for expected, url in expected_references(result).items() if url is not None]
    references: list[Reference] = []
    for role, folder in _FOLDERS.items():
        names = [replace_lone_surrogates(expected.name or "") for expected in served if expected.role is role]
        slugs = make_unique_slugs(names)
        references += [Reference(role, name, f"{folder}/{slug}.png") for name, slug in zip(names, slugs, strict=True)]
    return tuple(references)


class StoryFolder:
    """An opened directory: nobody else is at work in it, and its ledger says what was sent from it."""

    def __init__(self, root: Path, store: Store, ledger: Ledger) -> None:
        self.root = root
        self.store = store
        self.ledger = ledger

    async def record(self) -> StoryRecord | None:
        """What is known of the story that is complete here; None before one is."""
        content = await self.store.read(_RECORD)
        try:
            return _STORY_RECORD.validate_json(content) if content is not None else None
        except ValidationError as exc:
            raise TargetUnusable(
                f"{self.root}/{_HIDDEN}/{_RECORD} is damaged; remove it, and the images are fetched again"
            ) from exc

    async def entries_at_stake(self) -> list[LedgerEntry]:
        """Where each story stands that was sent from here and is, or may be, paid for."""
        story_states = await self.ledger.survey()
        return [await self.ledger.entry(story_id) for story_id, it in story_states.items() if it.state in _MAYBE_PAID]

    def missing(self, record: StoryRecord, asked: Asked) -> list[str]:
        """The files that are asked for and not there."""
        return [path for path in record.paths(asked) if not (self.root / path).is_file()]

    def refuse_other(self) -> TargetUnusable:
        """The error for a directory that belongs to another story than the one that is asked for."""
        return TargetUnusable(f"{self.root} holds another story; choose another directory with -d")

    def refuse_foreign_images(self) -> None:
        """Raise `TargetUnusable` when there are images that nothing here tells of: they are not to be overwritten."""
        if next(self.root.glob("scene-[0-9]*.*"), None) is not None:
            raise TargetUnusable(
                f"{self.root} holds images of a story that is not known here; choose another directory with -d"
            )

    async def deliver(self, images: tuple[SavedImage, ...], record: StoryRecord, asked: Asked) -> None:
        """Note the record, then give each saved image its name unless the file is there.

        Killed in between, the record tells the next command which images are missing.
        """
        await self.store.publish(_RECORD, _STORY_RECORD.dump_json(record, indent=1))
        missing = self.missing(record, asked)
        with _disk_errors_told(self.root):
            for image in images:
                if image.key is not None and record.path_of(image, asked) in missing:
                    _move(self.root / _HIDDEN / image.key, self.root / record.path_of(image, asked))
        shutil.rmtree(self.root / _HIDDEN / layout.IMAGES, ignore_errors=True)


_STORY_RECORD = TypeAdapter(StoryRecord)


def is_begun(root: Path) -> bool:
    """Whether the directory may know of a story already."""
    return (root / _HIDDEN).is_dir()


@asynccontextmanager
async def open_folder(root: Path, clock: Clock) -> AsyncIterator[StoryFolder]:
    """Open the directory, creating it if need be, and take up what a command that was killed left in its ledger.

    Raises `TargetUnusable` when it cannot be written, and while another command is at work in it.
    """
    hidden = root / _HIDDEN
    host = socket.gethostname()
    with _held(hidden):
        async with open_store(str(hidden), clock=clock) as store:
            await store.probe()
            await store.create(_TARGET_ID, str(uuid.uuid4()).encode())
            target_id = (await store.read(_TARGET_ID) or b"").decode()
            with Spool.open(hidden / "spool", target_id, host=host) as spool:
                ledger = Ledger(
                    store,
                    target_id=target_id,
                    spool=spool,
                    host=host,
                    worker=f"{host}-{os.getpid()}",
                    run_id=uuid.uuid4().hex,
                    clock=clock,
                    new_nonce=lambda: secrets.token_hex(16),
                )
                await recover_host(ledger)
                yield StoryFolder(root, store, ledger)


@contextmanager
def _held(hidden: Path) -> Iterator[None]:
    """Hold the directory while the block runs: two stories in it would overwrite each other."""
    with _disk_errors_told(hidden.parent):
        hidden.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(hidden / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise TargetUnusable(
                f"another command is at work in {hidden.parent}; wait for it, or choose another directory with -d"
            ) from exc
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _disk_errors_told(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise storage_error(exc, url=str(root), refusal=TargetUnusable) from exc


def _move(staged: Path, destination: Path) -> None:
    destination.parent.mkdir(exist_ok=True)
    staged.replace(destination)
