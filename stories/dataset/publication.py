"""What people open first: `metadata.parquet` and the card, rebuilt from the committed parts and nothing else."""

import asyncio
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from stories.dataset.card import CARD_COLUMNS, render_card
from stories.dataset.commits import CommitLog
from stories.dataset.exchange import finish_replacements
from stories.dataset.identity import DatasetIdentity
from stories.dataset.layout import CARD, METADATA
from stories.dataset.parts import build_part, read_part
from stories.dataset.records import ImageStatus
from stories.dataset.replacements import PartPair
from stories.dataset.schema import SCHEMAS, Table
from stories.errors import TargetUnusable
from stories.failpoints import Failpoint, failpoint
from stories.json_document import sha256_hex
from stories.storage.store import Store

_PARALLEL_READS = 8


async def publish(store: Store, log: CommitLog, identity: DatasetIdentity) -> tuple[str, ...]:
    """Bring `metadata.parquet` and `README.md` up to the last commit; the keys that were written.

    `metadata.parquet` has a row for every image that has a file, and no other: loaders of image folders fail on a row
    without one. Nothing is written when nothing has changed, nor before the first commit. Of several processes at once
    the last one to look wins, with the newest commits. What a dead process left of a commit or compaction is finished.
    """
    await log.recover()
    await finish_replacements(store)
    written: list[str] = []
    published: tuple[PartPair, ...] = ()
    while (pairs := await log.live_pairs()) != published:
        tables = await _tables(store, log, pairs)
        if tables is None:
            continue
        images, stories = tables
        metadata = await asyncio.to_thread(metadata_of, images)
        for key, content in (METADATA, metadata), (CARD, render_card(identity, images, stories).encode()):
            if await store.read(key) != content:
                await store.publish(key, content)
                failpoint(Failpoint.DATASET_PUBLISHED)
                written.append(key)
        published = pairs
    return tuple(dict.fromkeys(written))


def metadata_of(images: pa.Table) -> bytes:
    """The bytes of `metadata.parquet` for these rows of the images."""
    return build_part(images.filter(pc.field("status") == ImageStatus.OK.value), Table.IMAGES).content


async def _tables(store: Store, log: CommitLog, pairs: Sequence[PartPair]) -> tuple[pa.Table, pa.Table] | None:
    """All rows of the images, and of the stories what the card shows; None when parts were merged meanwhile."""
    slots = asyncio.Semaphore(_PARALLEL_READS)

    async def rows(pair: PartPair, table: Table, columns: Sequence[str]) -> pa.Table | None:
        async with slots:
            content = await store.read(pair[table].key)
        if content is not None and sha256_hex(content) != pair[table].sha256:
            raise TargetUnusable(f"{store.url}: {pair[table].key} is damaged; run: depicta dataset verify --repair")
        return None if content is None else await asyncio.to_thread(read_part, content, table, columns)

    async def whole(table: Table, columns: Sequence[str]) -> pa.Table | None:
        found = await asyncio.gather(*(rows(pair, table, columns) for pair in pairs))
        missing = [pair[table].key for pair, part in zip(pairs, found, strict=True) if part is None]
        if missing:
            await finish_replacements(store)  # another process may be just about to show it
            if await log.live_pairs() == pairs and await store.size_bytes(missing[0]) is None:
                raise TargetUnusable(f"{store.url}: {missing[0]} is missing, though the log names it; restore it")
            return None
        return pa.concat_tables(part for part in found if part is not None)

    images = await whole(Table.IMAGES, SCHEMAS[Table.IMAGES].names)
    stories = await whole(Table.STORIES, CARD_COLUMNS) if images is not None else None
    return (images, stories) if images is not None and stories is not None else None
