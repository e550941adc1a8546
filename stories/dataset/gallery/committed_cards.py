"""The committed stories of a run as cards, one pair of parts at a time, so that memory stays bounded."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from stories.dataset.gallery.story_cards import StoryCard, committed_card, shown_rows
from stories.dataset.image_rows import ImageRow, image_rows
from stories.dataset.images.thumbnails import encoded, read_thumbnails, verify_and_shrink, write_thumbnails
from stories.dataset.log.commits import CommitLog
from stories.dataset.log.exchange import finish_replacements
from stories.dataset.log.replacements import PartPair
from stories.dataset.model import ImageStatus
from stories.dataset.parts import read_part
from stories.dataset.schema import SCHEMAS, Table
from stories.dataset.story_rows import StoryRow, story_rows
from stories.errors import ImageRefused, StorageUnavailable
from stories.storage.parallel_reads import read_many
from stories.storage.store import Store

_READS_AT_ONCE = 8
_DIGITS = re.compile(r"([0-9]{1,18})")
_STORY_COLUMNS = [name for name in SCHEMAS[Table.STORIES].names if name != "response_json"]


@dataclass(frozen=True)
class _Batch:
    stories: list[StoryRow]
    images: dict[str, list[ImageRow]]
    """By story id."""


async def committed_cards(store: Store, log: CommitLog, run_id: str) -> AsyncIterator[StoryCard]:
    """Yield a card for every story that the run committed: by commit, and within one in the order of the sources."""
    await finish_replacements(store)
    for pair in await _pairs_of(log, run_id):
        batch = await _read_batch(store, pair, run_id)
        thumbnails = await _thumbnails_of(store, run_id, batch)
        for row in sorted(batch.stories, key=_place_at_source):
            yield committed_card(row, batch.images[row.story_id], thumbnails)


def _place_at_source(row: StoryRow) -> tuple[list[tuple[int, str]], int]:
    """Return a sort key that puts line 10 of a file after line 9."""
    parts = _DIGITS.split(row.source_uris[0] if row.source_uris else "")
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], row.sample


async def _pairs_of(log: CommitLog, run_id: str) -> list[PartPair]:
    """Return the live parts that may hold rows of the run: its own, and those that replaced others."""
    live = await log.live_pairs()
    others = {commit.parts[Table.STORIES].key for commit in await log.commits() if commit.run_id != run_id}
    return [pair for pair in live if pair[Table.STORIES].key not in others]


async def _read_batch(store: Store, pair: PartPair, run_id: str) -> _Batch:
    async def rows(table: Table, columns: list[str] | None = None) -> pa.Table:
        content = await store.read(pair[table].key)
        if content is None:
            raise StorageUnavailable(f"{store.url}: {pair[table].key} was replaced meanwhile; try again")
        return await asyncio.to_thread(read_part, content, table, columns, where=pc.field("run_id") == run_id)

    stories = story_rows(await rows(Table.STORIES, _STORY_COLUMNS))
    images: dict[str, list[ImageRow]] = defaultdict(list)
    for image in image_rows(await rows(Table.IMAGES)):
        images[image.story_id].append(image)
    return _Batch(stories, images)


async def _thumbnails_of(store: Store, run_id: str, batch: _Batch) -> dict[str, str]:
    """Return the thumbnail of every picture that is shown by the hash of its image; missing ones are made and kept."""
    shown = [rows[0] for images in batch.images.values() for rows in shown_rows(images).values()]
    by_batch: dict[str, list[ImageRow]] = defaultdict(list)
    for row in shown:
        if row.status is ImageStatus.OK:
            by_batch[row.batch_id].append(row)
    thumbnails: dict[str, str] = {}
    for batch_id, rows in by_batch.items():
        kept = await read_thumbnails(store, run_id, batch_id)
        made = await _make_thumbnails(store, [row for row in rows if row.sha256 not in kept])
        if made:
            await write_thumbnails(store, run_id, batch_id, {**kept, **made})
        thumbnails |= {**kept, **made}
    return thumbnails


async def _make_thumbnails(store: Store, rows: Iterable[ImageRow]) -> Mapping[str, str]:
    async def make(row: ImageRow) -> tuple[str, bytes | None]:
        content = await store.read(row.file_name or "")
        if content is None:
            return "", None
        try:
            facts, thumbnail = await asyncio.to_thread(verify_and_shrink, content, row.role)
        except ImageRefused:  # `depicta dataset verify` reports what is wrong with the file
            return "", None
        return facts.sha256, thumbnail

    found = await read_many(make, rows, at_once=_READS_AT_ONCE)
    return encoded({sha256: thumbnail for sha256, thumbnail in found if thumbnail is not None})
