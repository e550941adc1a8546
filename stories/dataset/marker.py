"""The marker that makes a place a dataset of this system: created once, never changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from stories.clock import Clock
from stories.dataset.layout import MARKER, META
from stories.dataset.schema import SCHEMA_VERSION
from stories.errors import TargetUnusable
from stories.storage.store import Store


@dataclass(frozen=True)
class DatasetIdentity:
    """`_meta/dataset.json`: the same for every process and host, whatever URL they know the target by."""

    dataset_id: str
    created_at: datetime
    schema_version: int
    tool_version: str


_IDENTITY = TypeAdapter(DatasetIdentity)


async def claim_target(
    store: Store, *, clock: Clock, new_dataset_id: Callable[[], str], tool_version: str
) -> DatasetIdentity:
    """Return the identity of the dataset at the target; an empty target becomes a dataset.

    Raises `TargetUnusable` when the target holds something else, or a dataset of a newer schema version.
    """
    content = await store.read(MARKER)
    if content is None:
        stranger = await _first_foreign_key(store)
        fresh = DatasetIdentity(new_dataset_id(), clock.now(), SCHEMA_VERSION, tool_version)
        if stranger is None and await store.create(MARKER, _IDENTITY.dump_json(fresh, indent=1)):
            return fresh
        content = await store.read(MARKER)  # another process may have begun the dataset meanwhile
        if content is None:
            raise TargetUnusable(
                f"{store.url} is not empty ({stranger}) and no dataset of this program; choose an empty place"
            )
    return _parse(content, store.url)


async def _first_foreign_key(store: Store) -> str | None:
    async for stored in store.list(""):
        if not stored.key.startswith(f"{META}/"):
            return stored.key
    return None


def _parse(content: bytes, url: str) -> DatasetIdentity:
    try:
        identity = _IDENTITY.validate_json(content)
    except ValidationError as exc:
        raise TargetUnusable(
            f"{url}: {MARKER} is not the marker of a dataset; restore it, or choose another target"
        ) from exc
    if identity.schema_version > SCHEMA_VERSION:
        raise TargetUnusable(
            f"{url} was written with schema version {identity.schema_version}, this program knows {SCHEMA_VERSION}; "
            "update the program"
        )
    return identity
