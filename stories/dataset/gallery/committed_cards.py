"""The committed stories of a run as cards, batch by batch: neither all rows nor all pictures are in memory at once."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter

from stories.dataset.gallery.cards import (
    IMAGE_COLUMNS,
    STORY_COLUMNS,
    ImageRow,
    StoryCard,
    StoryRow,
    committed_card,
    shown_rows,
)
from stories.dataset.images.thumbnails import encoded, read_thumbnails, verify_and_shrink, write_thumbnails
from stories.dataset.log.commits import CommitLog
from stories.dataset.log.exchange import finish_replacements
from stories.dataset.log.replacements import PartPair
from stories.dataset.model import ImageStatus
from stories.dataset.parts import read_part
from stories.dataset.schema import Table
from stories.errors import ImageRefused, StorageUnavailable
from stories.storage.store import Store

_PARALLEL_READS = 8
_DIGITS = re.compile(r"([0-9]{1,18})")
_STORY_ROWS = TypeAdapter(list[StoryRow])
_IMAGE_ROWS = TypeAdapter(list[ImageRow])


@dataclass(frozen=True)
class _Batch:
    stories: list[StoryRow]
    images: dict[str, list[ImageRow]]
    """By story id."""


async def committed_cards(store: Store, log: CommitLog, run_id: str) -> AsyncIterator[StoryCard]:
    """A card for every story that the run committed, in the order of the commits and, within one, of the sources."""
    await finish_replacements(store)
    for pair in await _pairs_of(log, run_id):
        batch = await _read_batch(store, pair, run_id)
        thumbnails = await _thumbnails_of(store, run_id, batch)
        for row in sorted(batch.stories, key=_place_at_source):
            yield committed_card(row, batch.images[row.story_id], thumbnails)


def _place_at_source(row: StoryRow) -> tuple[list[tuple[int, str]], int]:
    """Sorts line 10 of a file behind line 9."""
    parts = _DIGITS.split(row.source_uris[0] if row.source_uris else "")
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], row.sample


async def _pairs_of(log: CommitLog, run_id: str) -> list[PartPair]:
    """The live parts that may hold rows of the run: its own, and those that parts have been merged into."""
    live = await log.live_pairs()
    others = {commit.parts[Table.STORIES].key for commit in await log.commits() if commit.run_id != run_id}
    return [pair for pair in live if pair[Table.STORIES].key not in others]


async def _read_batch(store: Store, pair: PartPair, run_id: str) -> _Batch:
    async def rows(table: Table, columns: Sequence[str]) -> Sequence[object]:
        content = await store.read(pair[table].key)
        if content is None:
            raise StorageUnavailable(f"{store.url}: {pair[table].key} was merged meanwhile; try again")
        return await asyncio.to_thread(_rows_of_run, content, table, columns, run_id)

    stories = _STORY_ROWS.validate_python(await rows(Table.STORIES, STORY_COLUMNS))
    images: dict[str, list[ImageRow]] = defaultdict(list)
    for image in _IMAGE_ROWS.validate_python(await rows(Table.IMAGES, IMAGE_COLUMNS)):
        images[image.story_id].append(image)
    return _Batch(stories, images)


def _rows_of_run(content: bytes, table: Table, columns: Sequence[str], run_id: str) -> Sequence[object]:
    rows: pa.Table = read_part(content, table, [*columns, "run_id"])
    return rows.filter(pc.field("run_id") == run_id).to_pylist()


async def _thumbnails_of(store: Store, run_id: str, batch: _Batch) -> dict[str, str]:
    """Of every picture that is shown, by the hash of its image; what was never made is made now, and kept."""
    shown = [rows[0] for images in batch.images.values() for rows in shown_rows(images).values()]
    by_batch: dict[str, list[ImageRow]] = defaultdict(list)
    for row in shown:
        if row.status is ImageStatus.OK:
            by_batch[row.batch_id].append(row)
    thumbnails: dict[str, str] = {}
    for batch_id, rows in by_batch.items():
        kept = await read_thumbnails(store, run_id, batch_id)
        made = await _made_now(store, [row for row in rows if row.sha256 not in kept])
        if made:
            await write_thumbnails(store, run_id, batch_id, {**kept, **made})
        thumbnails |= {**kept, **made}
    return thumbnails


async def _made_now(store: Store, rows: Iterable[ImageRow]) -> Mapping[str, str]:
    slots = asyncio.Semaphore(_PARALLEL_READS)

    async def make(row: ImageRow) -> tuple[str, bytes | None]:
        async with slots:
            content = await store.read(row.file_name or "")
            if content is None:
                return "", None
            try:
                facts, thumbnail = await asyncio.to_thread(verify_and_shrink, content, row.role)
            except ImageRefused:  # what is wrong with the file, `depicta dataset verify` says
                return "", None
            return facts.sha256, thumbnail

    found = await asyncio.gather(*(make(row) for row in rows))
    return encoded({sha256: thumbnail for sha256, thumbnail in found if thumbnail is not None})
