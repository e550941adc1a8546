"""The manifest as a reader sees it that knows nothing of the commit log: whatever matches the glob, right now."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pyarrow.dataset as ds

from stories.storage.store import Store, StoredObject

_Result = TypeVar("_Result")


def column_of(root: Path, table: str, column: str) -> list[str]:
    files = sorted((root / "manifest" / table).glob("**/*.parquet"))
    rows = ds.dataset([str(file) for file in files], format="parquet").to_table([column]) if files else None
    return rows[column].to_pylist() if rows is not None else []


def story_ids(root: Path) -> list[str]:
    return column_of(root, "stories", "story_id")


def fault_of_view(root: Path) -> str | None:
    """What a reader would trip over at this instant, or None."""
    stories = Counter(story_ids(root))
    images = Counter(column_of(root, "images", "image_id"))
    twice = [key for key, count in (stories + images).items() if count > 1]
    if twice:
        return f"twice: {twice}"
    with_images = {image_id.split("/")[0] for image_id in images}
    expected = {story_id for story_id in stories if story_id not in with_images}
    return f"stories before their images: {expected}" if expected else None


class Killed(BaseException):
    """The process is gone: nothing after this line runs, no handler either."""


@dataclass
class WatchedStore:
    """A store that looks at the manifest after every change, and can die before or after a change."""

    store: Store
    root: Path
    die_at: int | None = None
    """Number of the change, from 1, that is the last."""
    lands: bool = True
    """Whether that change still happens."""
    death: type[BaseException] = Killed
    quiet: bool = False
    """Does not look."""
    changes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.store.url

    async def create(self, key: str, content: bytes) -> bool:
        return await self._change(f"create {key}", lambda: self.store.create(key, content))

    async def publish(self, key: str, content: bytes) -> None:
        await self._change(f"publish {key}", lambda: self.store.publish(key, content))

    async def delete(self, key: str) -> None:
        await self._change(f"delete {key}", lambda: self.store.delete(key))

    async def read(self, key: str) -> bytes | None:
        return await self.store.read(key)

    async def size_bytes(self, key: str) -> int | None:
        return await self.store.size_bytes(key)

    def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        return self.store.list(prefix)

    async def _change(self, name: str, change: Callable[[], Awaitable[_Result]]) -> _Result:
        self.changes.append(name)
        dies = len(self.changes) == self.die_at
        if dies and not self.lands:
            raise self.death(name)
        result = await change()
        if not self.quiet and (fault := fault_of_view(self.root)):
            self.faults.append(f"after {name}: {fault}")
        if dies:
            raise self.death(name)
        return result
