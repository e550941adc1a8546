"""The second half of the commit log: which parts were replaced by which, so that the others are the live ones.

A commit names the parts that it adds. A replacement names parts, and the pair of parts that holds their rows from then
on: small parts merged into a large one, or a damaged part built again. Both records are created exclusively and never
changed, so every reader of the two logs knows, for any instant, which parts make up the dataset.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from stories.dataset import layout
from stories.dataset.parts import CommittedPart, PartContent
from stories.dataset.schema import Table
from stories.errors import StorageUnavailable, TargetUnusable
from stories.storage.parallel_reads import read_many
from stories.storage.store import Store

PartPair = dict[Table, CommittedPart]
"""The parts of both tables that hold the rows of the same stories."""

_READS_AT_ONCE = 16


@dataclass(frozen=True)
class Replacement:
    """One record: the pairs of parts that were replaced, and the pair that holds their rows from then on."""

    version: int
    nonce: str
    replaced_at: datetime
    staged: str
    """Key of the new parts until they are shown, one behind the other."""
    retired: str
    """Key under which the replaced parts are kept for a while, one behind the other."""
    sources: tuple[PartPair, ...]
    parts: PartPair


_REPLACEMENT = TypeAdapter(Replacement)


def draft_replacement(
    sources: Sequence[PartPair], parts: dict[Table, PartContent], *, word: str, now: datetime, nonce: str
) -> Replacement:
    """Return the record that these parts replace the sources, without a version yet; `word` becomes part of the keys.

    The new parts lie in the partition of the first source.
    """
    return Replacement(
        version=0,
        nonce=nonce,
        replaced_at=now,
        staged=layout.replacement_staged_key(now, nonce),
        retired=layout.retired_key(now, nonce),
        sources=tuple(sources),
        parts={
            table: CommittedPart(
                layout.replacing_part_key(sources[0][table].key, word, nonce), part.rows, len(part.content), part.sha256
            )
            for table, part in parts.items()
        },
    )


async def read_replacements(store: Store) -> tuple[Replacement, ...]:
    """Return all replacements, oldest first; raises `TargetUnusable` for a damaged one.

    Read them before the commits: every source that they name is then known from the commits.
    """
    keys = [it.key async for it in store.list(layout.REPLACEMENTS) if layout.replacement_version_of(it.key) is not None]

    async def read(key: str) -> Replacement:
        return _parse(await store.read(key), f"{store.url}: {key}")

    return tuple(sorted(await read_many(read, keys, at_once=_READS_AT_ONCE), key=lambda it: it.version))


async def record_replacement(store: Store, draft: Replacement) -> Replacement | None:
    """Append the record under the first free version; None if one of its sources was replaced by another process."""
    own = {part.key for pair in draft.sources for part in pair.values()}
    while replaced_keys(known := await read_replacements(store)).isdisjoint(own):
        record = replace(draft, version=max((it.version for it in known), default=0) + 1)
        if await store.create(layout.replacement_record_key(record.version), _REPLACEMENT.dump_json(record, indent=1)):
            return record
    return None


def replaced_keys(replacements: Iterable[Replacement]) -> frozenset[str]:
    """Return the keys of all parts that were replaced; none of them may be in the manifest any more."""
    return frozenset(part.key for it in replacements for pair in it.sources for part in pair.values())


def live_pairs(committed: Iterable[PartPair], replacements: Sequence[Replacement]) -> tuple[PartPair, ...]:
    """Return the pairs that hold every row of the dataset once: those of commits and replacements not replaced."""
    gone = replaced_keys(replacements)
    pairs = [*committed, *(it.parts for it in replacements)]
    return tuple(pair for pair in pairs if gone.isdisjoint(part.key for part in pair.values()))


def resting_place(pair: PartPair, replacements: Iterable[Replacement]) -> PartPair:
    """Return the live pair that holds the rows of this pair now."""
    for it in replacements:  # oldest first: a new pair can only be replaced by a later record
        if pair in it.sources:
            pair = it.parts
    return pair


async def show_part(store: Store, part: CommittedPart, content: bytes) -> None:
    """Create a recorded part under its key, and check that it arrived; does nothing if the part was replaced.

    A process that was asleep for long may come to this after others have shown the part and merged it away.
    """
    if part.key in replaced_keys(await read_replacements(store)):
        return
    if not await store.create(part.key, content):
        raise TargetUnusable(f"{store.url}: {part.key} is there already with other content; remove it")
    size_bytes = await store.size_bytes(part.key)
    if part.key in replaced_keys(await read_replacements(store)):
        await store.delete(part.key)
    elif size_bytes != part.size_bytes:
        raise StorageUnavailable(f"{store.url}: {part.key} did not arrive whole")


def _parse(content: bytes | None, place: str) -> Replacement:
    try:
        return _REPLACEMENT.validate_json(content or b"")
    except ValidationError as exc:
        raise TargetUnusable(f"{place}: the record of a compaction or repair is damaged; restore it") from exc
