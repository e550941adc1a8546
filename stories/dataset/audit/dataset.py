"""The audit of a dataset: every record, part, row and file of it is read again, and nothing is written.

Memory holds the two logs, one pair of parts, and a few stories at a time with one image each.
"""

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from stories.dataset import layout
from stories.dataset.audit.findings import Audit, FindingKind
from stories.dataset.audit.keys import KnownRecords, audit_keys
from stories.dataset.audit.story import audit_story
from stories.dataset.committed_story import CommittedStory
from stories.dataset.image_rows import ImageRow, stream_image_rows
from stories.dataset.log.commits import CommitLog
from stories.dataset.log.replacements import PartPair, read_replacements
from stories.dataset.model import ImageStatus, StoryStatus
from stories.dataset.parts import CommittedPart, read_part
from stories.dataset.schema import Table
from stories.dataset.story_rows import StoryRow, stream_story_rows
from stories.errors import StorageUnavailable
from stories.storage.parallel_reads import read_many
from stories.storage.store import Store
from stories.strict_json import sha256_hex

STORIES_AT_ONCE = 8

_MOST_SWAPS = 10_000
"""Upper bound of the damaged files whose bytes are searched for elsewhere in the dataset."""


async def _none_under_way() -> Container[str]:
    return ()


async def audit_dataset(
    store: Store,
    log: CommitLog,
    *,
    under_way: Callable[[], Awaitable[Container[str]]] = _none_under_way,
    stories_at_once: int = STORIES_AT_ONCE,
    on_progress: Callable[[Audit], None] = lambda _audit: None,
) -> Audit:
    """Read everything and return the findings.

    `under_way` returns the ids of stories whose files may be there before their rows. Raises `StorageUnavailable` when
    parts are replaced meanwhile: begin again.
    """
    pairs = await log.live_pairs()
    unseen = await log.committed()
    audit = Audit(expected_stories=len(unseen), on_progress=on_progress)
    files = _FileSum()

    async def audit_one(story: CommittedStory) -> None:
        await audit_story(store, story, audit)

    for pair in pairs:
        contents = {table: await store.read(part.key) for table, part in pair.items()}
        stories = _checked(_stories_of(pair, contents, audit), unseen, files, audit)
        await read_many(audit_one, stories, at_once=stories_at_once)
    await _raise_if_replaced(store, log, pairs)
    parts = {part.key for pair in pairs for part in pair.values()}
    all_rows_were_read = not any(it.key in parts and it.kind is not FindingKind.WRONG_ROW for it in audit.findings)
    for story_id in unseen if all_rows_were_read else ():
        audit.find(FindingKind.WRONG_ROW, layout.MANIFEST, "committed, and no part has a row of it", story_id)
    if pairs:
        await _audit_published(store, files if all_rows_were_read else None, audit)
    await _name_swapped(store, pairs, audit)

    async def known_records() -> KnownRecords:
        replacements = await read_replacements(store)
        return KnownRecords(await log.commits(), replacements, await log.committed(), await under_way())

    await audit_keys(store, known_records, audit)
    return audit


def _stories_of(pair: PartPair, contents: Mapping[Table, bytes | None], audit: Audit) -> Iterator[CommittedStory]:
    """Yield the stories of a pair of parts, one by one; a part that cannot be read is a finding."""
    checks = [_check_part(pair[table], contents[table], audit) for table in Table]
    stories, images = contents[Table.STORIES], contents[Table.IMAGES]
    if stories is None or images is None:
        return
    try:
        for row, of_story in _joined(stories, images):
            yield CommittedStory(row, of_story, pair[Table.STORIES].key, all(checks))
    except (pa.ArrowException, OSError, ValueError) as exc:
        audit.find(FindingKind.DAMAGED, pair[Table.STORIES].key, f"its rows cannot be read: {_first_line(exc)}")


def _check_part(part: CommittedPart, content: bytes | None, audit: Audit) -> bool:
    """Return True if the part has its recorded hash; otherwise that is a finding."""
    if content is None:
        audit.find(FindingKind.MISSING, part.key, "the part is not there, though the log names it")
        return False
    if sha256_hex(content) == part.sha256:
        return True
    audit.find(FindingKind.DAMAGED, part.key, "the part has other bytes than the log records: its rows may be wrong")
    return False


def _joined(stories: bytes, images: bytes) -> Iterator[tuple[StoryRow, tuple[ImageRow, ...]]]:
    """Yield each story with its images: both tables are sorted by story."""
    left = stream_image_rows(images)
    image = next(left, None)
    for story in stream_story_rows(stories):
        of_story: list[ImageRow] = []
        while image is not None and image.story_id <= story.story_id:
            of_story.append(image)
            image = next(left, None)
        yield story, tuple(of_story)


def _checked(
    stories: Iterable[CommittedStory], unseen: dict[str, StoryStatus], files: "_FileSum", audit: Audit
) -> Iterator[CommittedStory]:
    """Yield the stories, each checked against its commit and removed from `unseen`, its files added to the sum."""
    for story in stories:
        status = unseen.pop(story.story_id, None)
        if status is None:
            message = "in the manifest twice, or never committed"
            audit.find(FindingKind.WRONG_ROW, story.part, message, story.story_id)
        elif story.row.status is not status:
            message = f"its row says {story.row.status}, its commit {status}"
            audit.find(FindingKind.WRONG_ROW, story.part, message, story.story_id)
        for stranger in sorted({image.story_id for image in story.images} - {story.story_id}):
            audit.find(FindingKind.WRONG_ROW, story.part, "images of a story that is not in this part", stranger)
        for image in story.images:
            if image.status is ImageStatus.OK:
                files.add(image)
        yield story


async def _raise_if_replaced(store: Store, log: CommitLog, pairs: tuple[PartPair, ...]) -> None:
    if not set(map(_key_of, pairs)) <= set(map(_key_of, await log.live_pairs())):
        raise StorageUnavailable(f"{store.url}: its parts were replaced while they were read; run it again")


def _key_of(pair: PartPair) -> str:
    return pair[Table.STORIES].key


async def _name_swapped(store: Store, pairs: tuple[PartPair, ...], audit: Audit) -> None:
    """Find for each damaged file the image that its bytes belong to, if it is in the dataset."""
    hashes = [it.found_sha256 for it in audit.findings if it.kind is FindingKind.DAMAGED and it.found_sha256][
        :_MOST_SWAPS
    ]
    if not hashes:
        return
    owners: dict[str, str] = {}
    for pair in pairs:
        content = await store.read(pair[Table.IMAGES].key)
        has_bytes = pc.field("sha256").isin(hashes) & pc.field("file_name").is_valid()
        try:
            found = read_part(content or b"", Table.IMAGES, ["sha256", "file_name"], where=has_bytes)
        except (pa.ArrowException, OSError, ValueError):
            continue  # a finding already
        owners |= {row["sha256"]: row["file_name"] for row in found.to_pylist()}
    for index, finding in enumerate(audit.findings):
        owner = owners.get(finding.found_sha256 or "")
        if finding.kind is FindingKind.DAMAGED and owner is not None:
            audit.findings[index] = replace(finding, kind=FindingKind.SWAPPED, message=f"it holds the bytes of {owner}")


class _FileSum:
    """A sum over all rows with a file, whatever their order; `metadata.parquet` must have the same."""

    def __init__(self) -> None:
        self.files = 0
        self.sum = 0

    def add(self, row: ImageRow) -> None:
        self.files += 1
        self.sum = (self.sum + int(sha256_hex(repr(row).encode()), 16)) % (1 << 256)


async def _audit_published(store: Store, files: _FileSum | None, audit: Audit) -> None:
    """Check `metadata.parquet`, against the files of the manifest if all are known, and the card."""
    content = await store.read(layout.METADATA)
    if content is None:
        audit.find(FindingKind.MISSING, layout.METADATA, "not published yet")
    elif (problem := await asyncio.to_thread(_metadata_problem, content, files)) is not None:
        audit.find(FindingKind.STALE, layout.METADATA, problem)
    if await store.size_bytes(layout.CARD) is None:
        audit.find(FindingKind.MISSING, layout.CARD, "not published yet")


def _metadata_problem(content: bytes, files: _FileSum | None) -> str | None:
    found = _FileSum()
    try:
        for row in stream_image_rows(content):
            found.add(row)
    except (pa.ArrowException, OSError, ValueError) as exc:
        return f"it cannot be read: {_first_line(exc)}"
    if files is None or (found.files, found.sum) == (files.files, files.sum):
        return None
    return f"it has {found.files:,} rows, the parts name {files.files:,} files; or they are not the same"


def _first_line(exc: Exception) -> str:
    return next(iter(str(exc).splitlines()), "")
