"""What people open first: `metadata.parquet` and the card, rebuilt from the committed parts and nothing else."""

import asyncio
from collections.abc import Sequence
from io import BytesIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stories.dataset.card import CARD_COLUMNS, render_card
from stories.dataset.commits import Commit, CommitLog
from stories.dataset.identity import DatasetIdentity
from stories.dataset.layout import CARD, METADATA
from stories.dataset.parts import build_part
from stories.dataset.records import ImageStatus
from stories.dataset.schema import SCHEMAS, Table
from stories.errors import TargetUnusable
from stories.failpoints import Failpoint, failpoint
from stories.storage.store import Store

_PARALLEL_READS = 8


async def publish(store: Store, log: CommitLog, identity: DatasetIdentity) -> tuple[str, ...]:
    """Bring `metadata.parquet` and `README.md` up to the last commit; the keys that were written.

    `metadata.parquet` has a row for every image that has a file, and no other: loaders of image folders fail on a row
    without one. Nothing is written when nothing has changed, nor before the first commit. Of several processes at once
    the last one to look wins, with the newest commits.
    """
    await log.recover()
    written: list[str] = []
    published = 0
    while published < len(commits := await log.commits()):
        images, stories = await _tables(store, commits)
        metadata = await asyncio.to_thread(_metadata, images)
        for key, content in (METADATA, metadata), (CARD, render_card(identity, images, stories).encode()):
            if await store.read(key) != content:
                await store.publish(key, content)
                failpoint(Failpoint.DATASET_PUBLISHED)
                written.append(key)
        published = len(commits)
    return tuple(dict.fromkeys(written))


def _metadata(images: pa.Table) -> bytes:
    return build_part(images.filter(pc.field("status") == ImageStatus.OK.value), Table.IMAGES).content


async def _tables(store: Store, commits: Sequence[Commit]) -> tuple[pa.Table, pa.Table]:
    """All rows of the images, and of the stories what the card shows."""
    slots = asyncio.Semaphore(_PARALLEL_READS)

    async def rows(commit: Commit, table: Table, columns: Sequence[str]) -> pa.Table:
        async with slots:
            key = commit.parts[table].key
            content = await store.read(key)
            if content is None:
                raise TargetUnusable(
                    f"{store.url}: {key} is missing, though commit {commit.version} names it; restore it"
                )
            return await asyncio.to_thread(pq.read_table, BytesIO(content), columns=list(columns), partitioning=None)

    async def whole(table: Table, columns: Sequence[str]) -> pa.Table:
        return pa.concat_tables(await asyncio.gather(*(rows(commit, table, columns) for commit in commits)))

    return await whole(Table.IMAGES, SCHEMAS[Table.IMAGES].names), await whole(Table.STORIES, CARD_COLUMNS)
