"""The directory of a single story: images are named as by the vendor's client; all else is in `.depicta/`."""

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
class ImageSelection:
    """The images that a command should save into the directory."""

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
    """A completed job, with all that the names of its images need; `story_id` is None for an unknown storyboard."""

    job_id: str
    story_id: str | None
    title: str | None
    cost_eur: Decimal | None
    balance_eur: Decimal | None
    scenes: int
    references: tuple[Reference, ...]

    def scene_paths(self, image_format: ImageFormat) -> list[str]:
        """Return the paths of the scenes in order, relative to the directory."""
        return [f"scene-{number:02d}.{image_format.extension}" for number in range(1, self.scenes + 1)]

    def paths(self, selection: ImageSelection) -> list[str]:
        """Return the paths of all selected images, relative to the directory."""
        references = [reference.path for reference in self.references] if selection.references else []
        return self.scene_paths(selection.image_format) + references

    def path_of(self, image: SavedImage, selection: ImageSelection) -> str:
        """Return the path of an image, by its place in the story and the selected format, even if its bytes differ."""
        if image.role is ImageRole.SCENE:
            return self.scene_paths(selection.image_format)[image.ordinal]
        return next(it.path for it in self.references if (it.role, it.name) == (image.role, image.name))


def references_of(result: StoryResult) -> tuple[Reference, ...]:
    """Return the references that the service serves, each with a path made from the slug of its name."""
    served = [expected for expected, url in expected_references(result).items() if url is not None]
    references: list[Reference] = []
    for role, folder in _FOLDERS.items():
        names = [replace_lone_surrogates(expected.name or "") for expected in served if expected.role is role]
        slugs = make_unique_slugs(names)
        references += [Reference(role, name, f"{folder}/{slug}.png") for name, slug in zip(names, slugs, strict=True)]
    return tuple(references)


class StoryFolder:
    """An opened directory: no other command uses it, and its ledger records the submits made from it."""

    def __init__(self, root: Path, store: Store, ledger: Ledger) -> None:
        self.root = root
        self.store = store
        self.ledger = ledger

    async def record(self) -> StoryRecord | None:
        """Read the record of the story that is complete here, or None; raises `TargetUnusable` for a damaged record."""
        content = await self.store.read(_RECORD)
        try:
            return _STORY_RECORD.validate_json(content) if content is not None else None
        except ValidationError as exc:
            raise TargetUnusable(
                f"{self.root}/{_HIDDEN}/{_RECORD} is damaged; remove it, and the same command fetches the images again"
            ) from exc

    async def entries_at_stake(self) -> list[LedgerEntry]:
        """Return the entry of each story that was sent from here and was, or may be, charged."""
        story_states = await self.ledger.survey()
        return [await self.ledger.entry(story_id) for story_id, it in story_states.items() if it.state in _MAYBE_PAID]

    def missing(self, record: StoryRecord, selection: ImageSelection) -> list[str]:
        """Return the paths of the selected images that are not in the directory."""
        return [path for path in record.paths(selection) if not (self.root / path).is_file()]

    def other_story_error(self) -> TargetUnusable:
        """Return the error for a directory that belongs to another story than the requested one."""
        return TargetUnusable(f"{self.root} holds another story; choose another directory with -d")

    def refuse_foreign_images(self) -> None:
        """Raise `TargetUnusable` if there are images of an unknown story, which must not be overwritten."""
        if next(self.root.glob("scene-[0-9]*.*"), None) is not None:
            raise TargetUnusable(f"{self.root} holds images of an unknown story; choose another directory with -d")

    async def deliver(self, images: tuple[SavedImage, ...], record: StoryRecord, selection: ImageSelection) -> None:
        """Write the record, then move each saved image to its path unless there is a file already.

        If the command is killed in between, the next one finds in the record which images are missing.
        """
        await self.store.publish(_RECORD, _STORY_RECORD.dump_json(record, indent=1))
        missing = self.missing(record, selection)
        with _disk_errors_mapped(self.root):
            for image in images:
                if image.key is not None and record.path_of(image, selection) in missing:
                    _move(self.root / _HIDDEN / image.key, self.root / record.path_of(image, selection))
        shutil.rmtree(self.root / _HIDDEN / layout.IMAGES, ignore_errors=True)


_STORY_RECORD = TypeAdapter(StoryRecord)


def is_begun(root: Path) -> bool:
    """Return True if the directory may hold the record or the ledger of a story already."""
    return (root / _HIDDEN).is_dir()


@asynccontextmanager
async def open_folder(root: Path, clock: Clock) -> AsyncIterator[StoryFolder]:
    """Open the directory, creating it if needed, and recover the submits of a killed command into its ledger.

    Raises `TargetUnusable` when the directory cannot be written or another command uses it.
    """
    hidden = root / _HIDDEN
    host = socket.gethostname()
    with _locked(hidden):
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
def _locked(hidden: Path) -> Iterator[None]:
    """Lock the directory while the block runs: two stories in one directory would overwrite each other."""
    with _disk_errors_mapped(hidden.parent):
        hidden.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(hidden / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise TargetUnusable(
                f"another command uses {hidden.parent}; wait for it to end, or choose another directory with -d"
            ) from exc
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _disk_errors_mapped(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise storage_error(exc, url=str(root), refusal=TargetUnusable) from exc


def _move(staged: Path, destination: Path) -> None:
    destination.parent.mkdir(exist_ok=True)
    staged.replace(destination)
