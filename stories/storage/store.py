"""The interface to the target: a flat space of keys through which every part of the system reads and writes.

The implementation over fsspec is `stories.storage.fsspec_store`; the simulation has its own.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class StoredObject:
    """An entry of a listing. `key` is relative to the store's root, with `/` between its segments."""

    key: str
    size_bytes: int


class Store(Protocol):
    """Keys and bytes. Every call may raise `StorageUnavailable` (try again) or `TargetUnusable` (stop)."""

    @property
    def url(self) -> str:
        """URL or path of the root, without credentials."""
        ...

    async def create(self, key: str, content: bytes) -> bool:
        """Create the object if no object has this key: True if this call made it, False if one was there.

        Atomic among any number of writers on any number of hosts; whole or not at all; durable when it returns. After a
        lost reply the object is read back, and content that equals ours counts as ours: a record that must have one
        owner therefore holds a nonce.
        """
        ...

    async def publish(self, key: str, content: bytes) -> None:
        """Write the object, replacing one of the same key; a reader sees the old bytes or the new."""
        ...

    async def read(self, key: str) -> bytes | None:
        """Return the object's bytes, or None if there is no such key."""
        ...

    async def size_bytes(self, key: str) -> int | None:
        """Return the object's size, or None if there is no such key."""
        ...

    def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """Yield every object below `prefix` + `/`, freshly listed, in key order, without temporary files."""
        ...

    async def delete(self, key: str) -> None:
        """Remove the object; no error if there is none."""
        ...
