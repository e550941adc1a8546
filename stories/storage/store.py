"""The seam to the target: a flat space of keys that every part of the system reads and writes through.

The implementation over fsspec is `stories.storage.fsspec_store`; a simulation brings its own.
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
        """The root as a person would write it, without credentials."""
        ...

    async def create(self, key: str, content: bytes) -> bool:
        """Create the object if no object has this key: True when this call made it, False when one was there.

        Atomic among any number of writers on any number of hosts, whole or not at all, durable when it returns.
        A reply that was lost is settled by reading back: content that equals ours counts as ours, so a record that must
        have one owner holds a nonce.
        """
        ...

    async def publish(self, key: str, content: bytes) -> None:
        """Put the object there, replacing one of the same key; a reader sees the old bytes or the new."""
        ...

    async def read(self, key: str) -> bytes | None:
        """The object's bytes, or None when there is no such key."""
        ...

    async def size_bytes(self, key: str) -> int | None:
        """The object's size, or None when there is no such key."""
        ...

    def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """Every object whose key starts with `prefix` + `/`, freshly listed, in key order, without temporary files."""
        ...

    async def delete(self, key: str) -> None:
        """Remove the object; no error when it is not there."""
        ...
