"""The second half of the commit log: which parts have been merged into which, so that the rest are those that count.

A commit names the parts that it adds; a replacement names parts that one larger part stands for since. Both are created
exclusively and never changed, so that any reader of the two logs knows, for any instant, which parts make up the
dataset: the live ones.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from stories.dataset import layout
from stories.dataset.parts import CommittedPart
from stories.dataset.schema import Table
from stories.errors import StorageUnavailable, TargetUnusable
from stories.storage.store import Store

PartPair = dict[Table, CommittedPart]
"""The parts of both tables that hold the rows of the same stories."""


@dataclass(frozen=True)
class Replacement:
    """One record: the pairs of parts that were merged, and the pair that has their rows since."""

    version: int
    nonce: str
    replaced_at: datetime
    staged: str
    """Where the merged parts wait until they are shown."""
    retired: str
    """Where the replaced parts are kept for a while, one behind the other."""
    sources: tuple[PartPair, ...]
    parts: PartPair


_REPLACEMENT = TypeAdapter(Replacement)


async def read_replacements(store: Store) -> tuple[Replacement, ...]:
    """All replacements, oldest first. Read before the commits, their sources are all known; raises `TargetUnusable`."""
    keys = [it.key async for it in store.list(layout.REPLACEMENTS) if layout.replacement_of(it.key) is not None]
    found = [_parsed(await store.read(key), f"{store.url}: {key}") for key in keys]
    return tuple(sorted(found, key=lambda it: it.version))


async def create_replacement(store: Store, replacement: Replacement) -> bool:
    """Append the record; False when its version is taken by another."""
    key = layout.replacement_key(replacement.version)
    return await store.create(key, _REPLACEMENT.dump_json(replacement, indent=1))


def replaced_keys(replacements: Iterable[Replacement]) -> frozenset[str]:
    """The keys of all parts that are merged into others; none of them may be in the manifest any more."""
    return frozenset(part.key for it in replacements for pair in it.sources for part in pair.values())


def live_pairs(committed: Iterable[PartPair], replacements: Sequence[Replacement]) -> tuple[PartPair, ...]:
    """The pairs that have every row of the dataset once: of the commits and replacements those not replaced."""
    gone = replaced_keys(replacements)
    pairs = [*committed, *(it.parts for it in replacements)]
    return tuple(pair for pair in pairs if gone.isdisjoint(part.key for part in pair.values()))


def resting_place(pair: PartPair, replacements: Iterable[Replacement]) -> PartPair:
    """The live pair that has the rows of this one now."""
    for it in replacements:  # oldest first: a merged pair is merged again later only
        if pair in it.sources:
            pair = it.parts
    return pair


async def show_part(store: Store, part: CommittedPart, content: bytes) -> None:
    """Create a part that is recorded under its key, and see that it arrived.

    Whoever comes late to it, others having shown this part and merged it into a larger one, does not show it again.
    """
    if part.key in replaced_keys(await read_replacements(store)):
        return
    if not await store.create(part.key, content):
        raise TargetUnusable(f"{store.url}: {part.key} is there already with other content; remove it")
    size_bytes = await store.size_bytes(part.key)
    if part.key in replaced_keys(await read_replacements(store)):
        await store.delete(part.key)
    elif size_bytes != part.size_bytes:
        raise StorageUnavailable(f"{store.url}: {part.key} has not arrived whole")


def _parsed(content: bytes | None, place: str) -> Replacement:
    try:
        return _REPLACEMENT.validate_json(content or b"")
    except ValidationError as exc:
        raise TargetUnusable(f"{place}: the record of a compaction is damaged; restore it") from exc
