"""The target over fsspec: `Store` for a directory or a bucket, with a probe that it keeps the promises."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

from stories.clock import Clock, SystemClock
from stories.errors import StorageUnavailable, StoriesError, TargetUnusable
from stories.failpoints import Failpoint, failpoint
from stories.storage.keys import TEMPORARY_PREFIX, check_key
from stories.storage.local import LocalFiles
from stories.storage.location import open_location
from stories.storage.objects import BucketObjects
from stories.storage.storage_errors import storage_error
from stories.storage.store import StoredObject

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_CONFLICTS = 6
_LISTING_BATCH = 1000


class _Objects(Protocol):
    """Blocking calls; after `create` has returned False, the key must be read to know whose content it has."""

    def create(self, key: str, content: bytes) -> bool: ...
    def publish(self, key: str, content: bytes) -> None: ...
    def read(self, key: str) -> bytes | None: ...
    def size_bytes(self, key: str) -> int | None: ...
    def list(self, prefix: str) -> Iterator[StoredObject]: ...
    def delete(self, key: str) -> None: ...


class FsspecStore:
    """A `Store` whose blocking calls run in threads of its own; an async context manager.

    A call that is cancelled is not undone: the object that it was writing may still appear.
    """

    def __init__(self, url: str, objects: _Objects, *, parallel_calls: int, clock: Clock) -> None:
        self._url = url
        self._objects = objects
        self._clock = clock
        self._threads = ThreadPoolExecutor(parallel_calls, thread_name_prefix="target")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the threads; calls in flight finish, new ones raise `RuntimeError`."""
        self._threads.shutdown(wait=False)

    @property
    def url(self) -> str:
        return self._url

    async def create(self, key: str, content: bytes) -> bool:
        check_key(key)
        failpoint(Failpoint.STORE_BEFORE_CREATE)
        for conflict in range(_CONFLICTS):
            if await self._call(self._objects.create, key, content):
                failpoint(Failpoint.STORE_CREATED)
                return True
            found = await self._call(self._objects.read, key)
            if found is not None:
                return found == content
            await self._clock.sleep(0.05 * 2**conflict)
        raise StorageUnavailable(
            f"{self._url}: {key} can neither be created nor read; other writers interfere, try again"
        )

    async def publish(self, key: str, content: bytes) -> None:
        check_key(key)
        failpoint(Failpoint.STORE_BEFORE_PUBLISH)
        await self._call(self._objects.publish, key, content)
        failpoint(Failpoint.STORE_PUBLISHED)

    async def read(self, key: str) -> bytes | None:
        check_key(key)
        return await self._call(self._objects.read, key)

    async def size_bytes(self, key: str) -> int | None:
        check_key(key)
        return await self._call(self._objects.size_bytes, key)

    async def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        if prefix:
            check_key(prefix)
        found = self._objects.list(prefix)

        def next_batch() -> tuple[StoredObject, ...]:
            return tuple(islice(found, _LISTING_BATCH))

        while batch := await self._call(next_batch):
            for stored in batch:
                yield stored

    async def delete(self, key: str) -> None:
        check_key(key)
        failpoint(Failpoint.STORE_BEFORE_DELETE)
        await self._call(self._objects.delete, key)
        failpoint(Failpoint.STORE_DELETED)

    async def probe(self) -> None:
        """Create an object exclusively, read it back and remove it; raises `TargetUnusable` with the fault.

        The key is created twice: a server that ignores `If-None-Match` lets the second writer win, and would let two
        hosts send the same story (fact F7).
        """
        key = f"{TEMPORARY_PREFIX}probe-{secrets.token_hex(8)}"
        first, second = b"probe: first writer", b"probe: second writer"
        created = await self.create(key, first)
        try:
            created_again = await self.create(key, second)
            found = await self.read(key)
        finally:
            await self._remove_probe(key)
        if not created or created_again or found != first:
            raise TargetUnusable(
                f"{self._url}: it ignores conditional create (If-None-Match), so two writers could pay for one story; "
                "use a store that honours it, or a local directory"
            )

    async def _remove_probe(self, key: str) -> None:
        try:
            await self.delete(key)
        except StoriesError as exc:
            _log.warning("the probe %s could not be removed: %s", key, exc)

    async def _call(self, function: Callable[..., _Result], *args: object) -> _Result:
        result = asyncio.get_running_loop().run_in_executor(self._threads, function, *args)
        try:
            return await result
        except StoriesError:
            raise
        except Exception as exc:
            raise storage_error(exc, url=self._url, refusal=TargetUnusable) from exc


def open_store(
    url: str,
    *,
    storage_options: Mapping[str, object] | None = None,
    parallel_calls: int = 32,
    clock: Clock | None = None,
) -> FsspecStore:
    """Return the store at `url`; `FsspecStore.probe` checks that it can be used.

    Raises `TargetUnusable` for a URL outside the rules of `open_location`, and for one with `*` or `?`.
    """
    location = open_location(
        url, refusal=TargetUnusable, storage_options=storage_options, parallel_calls=parallel_calls
    )
    if "*" in location.root or "?" in location.root:
        raise TargetUnusable(f"{location.url}: a target is one place; write it without * and ?")
    objects: _Objects = (
        LocalFiles(Path(location.root))
        if location.protocol == "file"
        else BucketObjects(location.filesystem, location.root)
    )
    return FsspecStore(location.url, objects, parallel_calls=parallel_calls, clock=clock or SystemClock())
