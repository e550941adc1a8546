"""All rows of a dataset at one instant, read from the live parts while others commit and compact."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from stories.dataset.log.commits import CommitLog
from stories.dataset.log.exchange import finish_replacements
from stories.dataset.log.replacements import PartPair
from stories.dataset.parts import read_part
from stories.dataset.schema import SCHEMAS, Table
from stories.errors import TargetUnusable
from stories.storage.parallel_reads import read_many
from stories.storage.store import Store
from stories.strict_json import sha256_hex

_READS_AT_ONCE = 8


@dataclass(frozen=True)
class Manifest:
    """Both tables, and the parts that they were read from."""

    images: pa.Table
    stories: pa.Table
    """With the columns that were requested."""
    pairs: tuple[PartPair, ...]


async def read_manifest(store: Store, log: CommitLog, *, story_columns: Sequence[str]) -> Manifest | None:
    """Return every row of the images, and these columns of the stories; None before the first commit.

    Raises `TargetUnusable` when a part is missing or damaged.
    """
    while pairs := await log.live_pairs():
        images = await _read_table(store, log, pairs, Table.IMAGES, SCHEMAS[Table.IMAGES].names)
        stories = await _read_table(store, log, pairs, Table.STORIES, story_columns) if images is not None else None
        if images is not None and stories is not None:
            return Manifest(images, stories, pairs)
    return None


async def _read_table(
    store: Store, log: CommitLog, pairs: tuple[PartPair, ...], table: Table, columns: Sequence[str]
) -> pa.Table | None:
    """Return all rows of the pairs; None if parts were replaced meanwhile."""

    async def rows(pair: PartPair) -> pa.Table | None:
        content = await store.read(pair[table].key)
        if content is not None and sha256_hex(content) != pair[table].sha256:
            raise TargetUnusable(f"{store.url}: {pair[table].key} is damaged; run: depicta dataset verify --repair")
        return None if content is None else await asyncio.to_thread(read_part, content, table, columns)

    found = await read_many(rows, pairs, at_once=_READS_AT_ONCE)
    missing = [pair[table].key for pair, part in zip(pairs, found, strict=True) if part is None]
    if missing:
        await log.recover()  # another process may be about to show the part, or have died before
        await finish_replacements(store)
        if await log.live_pairs() == pairs and await store.size_bytes(missing[0]) is None:
            raise TargetUnusable(
                f"{store.url}: {missing[0]} is missing, though the log names it; run: depicta dataset verify --repair"
            )
        return None
    return pa.concat_tables(part for part in found if part is not None)
