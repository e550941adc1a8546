"""The audit of a dataset: every record, part, row and file of it, read again; nothing is written.

Memory holds the two logs, one pair of parts, and a few stories at a time with one image each.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Iterator
from dataclasses import replace
from io import BytesIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stories.dataset import layout
from stories.dataset.audit.findings import Audit, FindingKind
from stories.dataset.audit.keys import Books, account_for_keys
from stories.dataset.audit.story import audit_story
from stories.dataset.log.commits import CommitLog
from stories.dataset.log.replacements import PartPair, read_replacements
from stories.dataset.model import ImageStatus, StoryStatus
from stories.dataset.parts import CommittedPart, read_part
from stories.dataset.schema import Table
from stories.dataset.story_rows import Row, StoryRows
from stories.errors import StorageUnavailable
from stories.storage.store import Store
from stories.strict_json import sha256_hex

STORIES_AT_ONCE = 8

_ROWS_AT_ONCE = 512
_MOST_SWAPS = 10_000
"""Damaged files whose bytes are looked for elsewhere in the dataset."""


async def _nothing() -> Container[str]:
    return ()


async def audit_dataset(
    store: Store,
    log: CommitLog,
    *,
    under_way: Callable[[], Awaitable[Container[str]]] = _nothing,
    stories_at_once: int = STORIES_AT_ONCE,
    on_progress: Callable[[Audit], None] = lambda _audit: None,
) -> Audit:
    """Look at everything; `under_way` tells the stories whose files may be there before their rows.

    Raises `StorageUnavailable` when parts are merged meanwhile: begin again.
    """
    pairs = await log.live_pairs()
    unseen = await log.committed()
    audit = Audit(expected_stories=len(unseen), on_progress=on_progress)
    files = _FileSums()
    async with asyncio.TaskGroup() as looks:
        slots = asyncio.Semaphore(stories_at_once)
        for pair in pairs:
            async for rows in _rows_of(store, pair, audit):
                _check_commit(rows, unseen, audit)
                files.add(rows)
                await slots.acquire()
                looks.create_task(_look_at(store, rows, audit, slots))
    await _raise_if_merged(store, log, pairs)
    parts = {part.key for pair in pairs for part in pair.values()}
    is_read_whole = not any(it.key in parts and it.kind is not FindingKind.WRONG_ROW for it in audit.findings)
    for story_id in unseen if is_read_whole else ():
        audit.find(FindingKind.WRONG_ROW, layout.MANIFEST, "committed, and no part has a row of it", story_id)
    if pairs:
        await _audit_published(store, files if is_read_whole else None, audit)
    await _name_swapped(store, pairs, audit)
    await account_for_keys(store, lambda: _books(store, log, under_way), audit)
    return audit


async def _look_at(store: Store, rows: StoryRows, audit: Audit, slots: asyncio.Semaphore) -> None:
    try:
        await audit_story(store, rows, audit)
    finally:
        slots.release()


async def _books(store: Store, log: CommitLog, under_way: Callable[[], Awaitable[Container[str]]]) -> Books:
    replacements = await read_replacements(store)
    return Books(await log.commits(), replacements, await log.committed(), await under_way())


async def _rows_of(store: Store, pair: PartPair, audit: Audit) -> AsyncIterator[StoryRows]:
    """The stories of a pair of parts, one by one; a part that cannot be read is a finding."""
    contents = {table: await store.read(part.key) for table, part in pair.items()}
    checks = [_check_part(pair[table], contents[table], audit) for table in Table]
    stories, images = contents[Table.STORIES], contents[Table.IMAGES]
    if stories is None or images is None:
        return
    try:
        for story, of_story in _joined(stories, images):
            yield StoryRows(story, of_story, pair[Table.STORIES].key, all(checks))
    except (pa.ArrowException, OSError, KeyError) as exc:
        first_line = (str(exc).splitlines() or [""])[0]
        audit.find(FindingKind.DAMAGED, pair[Table.STORIES].key, f"its rows cannot be read: {first_line}")


def _check_part(part: CommittedPart, content: bytes | None, audit: Audit) -> bool:
    if content is None:
        audit.find(FindingKind.MISSING, part.key, "the part is not there, though the log names it")
        return False
    if sha256_hex(content) == part.sha256:
        return True
    audit.find(FindingKind.DAMAGED, part.key, "the part is not what the log promises: its rows may be wrong")
    return False


def _joined(stories: bytes, images: bytes) -> Iterator[tuple[Row, list[Row]]]:
    """Each story with its images: both tables are sorted by story."""
    left = _streamed(images, Table.IMAGES)
    image = next(left, None)
    for story in _streamed(stories, Table.STORIES):
        of_story: list[Row] = []
        while image is not None and str(image["story_id"]) <= str(story["story_id"]):
            of_story.append(image)
            image = next(left, None)
        yield story, of_story


def _streamed(content: bytes, table: Table) -> Iterator[Row]:
    with pq.ParquetFile(BytesIO(content)) as file:
        if not set(file.schema_arrow.names).issuperset({"story_id"}):
            raise KeyError(f"{table}: no column story_id")
        for batch in file.iter_batches(_ROWS_AT_ONCE):
            yield from batch.to_pylist()


def _check_commit(rows: StoryRows, unseen: dict[str, StoryStatus], audit: Audit) -> None:
    status = unseen.pop(rows.story_id, None)
    if status is None:
        audit.find(FindingKind.WRONG_ROW, rows.part, "in the manifest twice, or never committed", rows.story_id)
    elif rows.story["status"] != status.value:
        message = f"its row says {rows.story['status']}, its commit {status.value}"
        audit.find(FindingKind.WRONG_ROW, rows.part, message, rows.story_id)
    strangers = {str(row["story_id"]) for row in rows.images} - {rows.story_id}
    for stranger in sorted(strangers):
        audit.find(FindingKind.WRONG_ROW, rows.part, "images of a story that is not in this part", stranger)


async def _raise_if_merged(store: Store, log: CommitLog, pairs: tuple[PartPair, ...]) -> None:
    if not set(map(_key_of, pairs)) <= set(map(_key_of, await log.live_pairs())):
        raise StorageUnavailable(f"{store.url}: its parts were merged while they were read; run it again")


def _key_of(pair: PartPair) -> str:
    return pair[Table.STORIES].key


async def _name_swapped(store: Store, pairs: tuple[PartPair, ...], audit: Audit) -> None:
    """Say of a file whose bytes are those of another image which one that is."""
    hashes = [it.found_sha256 for it in audit.findings if it.kind is FindingKind.DAMAGED and it.found_sha256][
        :_MOST_SWAPS
    ]
    if not hashes:
        return
    owners: dict[str, str] = {}
    for pair in pairs:
        content = await store.read(pair[Table.IMAGES].key)
        try:
            rows = read_part(content or b"", Table.IMAGES, ["sha256", "file_name"])
        except pa.ArrowException:
            continue  # a finding already
        found = rows.filter(pc.field("sha256").isin(hashes) & pc.field("file_name").is_valid())
        owners |= {row["sha256"]: row["file_name"] for row in found.to_pylist()}
    for index, finding in enumerate(audit.findings):
        owner = owners.get(finding.found_sha256 or "")
        if finding.kind is FindingKind.DAMAGED and owner is not None:
            audit.findings[index] = replace(finding, kind=FindingKind.SWAPPED, message=f"it holds the bytes of {owner}")


class _FileSums:
    """A sum over all files of the manifest, whatever their order: what `metadata.parquet` must come to as well."""

    def __init__(self) -> None:
        self.files = 0
        self.sum = 0

    def add(self, rows: StoryRows) -> None:
        for row in rows.images:
            if row["status"] == ImageStatus.OK.value:
                self.count(row)

    def count(self, row: Row) -> None:
        values = sorted((name, value) for name, value in row.items() if value is not None)
        self.files += 1
        self.sum = (self.sum + int(sha256_hex(repr(values).encode()), 16)) % (1 << 256)


async def _audit_published(store: Store, files: _FileSums | None, audit: Audit) -> None:
    """`metadata.parquet`, against the files of the manifest if they are known, and the card: every run renews them."""
    content = await store.read(layout.METADATA)
    if content is None:
        audit.find(FindingKind.MISSING, layout.METADATA, "not published yet")
    elif (problem := await asyncio.to_thread(_metadata_problem, content, files)) is not None:
        audit.find(FindingKind.STALE, layout.METADATA, problem)
    if await store.size_bytes(layout.CARD) is None:
        audit.find(FindingKind.MISSING, layout.CARD, "not published yet")


def _metadata_problem(content: bytes, files: _FileSums | None) -> str | None:
    found = _FileSums()
    try:
        for row in _streamed(content, Table.IMAGES):
            found.count(row)
    except (pa.ArrowException, OSError, KeyError) as exc:
        return f"it cannot be read: {(str(exc).splitlines() or [''])[0]}"
    if files is None or (found.files, found.sum) == (files.files, files.sum):
        return None
    return f"it has {found.files:,} rows, and the parts {files.files:,} files; or they are not the same"
