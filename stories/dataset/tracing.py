"""From a story, or any image of it, back to its origin: storyboard bytes, job, run, versions, settings."""

import json
import re
from dataclasses import asdict, dataclass
from datetime import date, datetime

from stories.dataset import layout
from stories.dataset.committed_story import read_committed_story
from stories.dataset.image_rows import ImageRow
from stories.dataset.log.commits import CommitLog
from stories.dataset.story_rows import StoryRow
from stories.errors import TargetUnusable
from stories.storage.store import Store
from stories.strict_json import JsonObject, sha256_hex

_STORY_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


@dataclass(frozen=True)
class Trace:
    """A story's rows, with the storyboard and the run behind them."""

    commit_version: int
    part: str
    """Key of the part that holds the story's row now."""
    story: StoryRow
    images: tuple[ImageRow, ...]
    """The images that the reference names: all of the story, or one."""
    storyboard: bytes
    """Exactly the bytes that were sent."""
    storyboard_is_proven: bool
    """True if these bytes have the hash that the row names."""
    run_record: JsonObject | None
    """Source, settings, times and counts of the run; None when the record is gone or damaged."""


async def trace(store: Store, log: CommitLog, reference: str) -> Trace:
    """Return the origin of a story, given its id, an image id, a file name, or the URL of an image.

    Raises `TargetUnusable` when the reference names no committed story or image, or when a part is missing or damaged.
    """
    match = _STORY_ID.search(reference)
    if match is None:
        raise TargetUnusable(f"{reference!r} holds no story id: give one (32 hex digits), an image_id or a file_name")
    story_id = match[0]
    found = await read_committed_story(store, log, story_id)
    if found is None:
        raise TargetUnusable(f"{store.url}: story {story_id} is not committed here; `depicta batch status` may know it")
    committed, commit_version = found
    storyboard = committed.row.request_json.encode()
    return Trace(
        commit_version=commit_version,
        part=committed.part,
        story=committed.row,
        images=_named(committed.images, reference, story_id),
        storyboard=storyboard,
        storyboard_is_proven=sha256_hex(storyboard) == committed.row.storyboard_sha256,
        run_record=await _run_record(store, committed.row.run_id),
    )


def row_as_json(row: StoryRow | ImageRow) -> JsonObject:
    """Return the row as a JSON object by column; instants in UTC, dates and amounts as texts."""
    document: JsonObject = json.loads(json.dumps(asdict(row), default=_as_text))
    return document


async def _run_record(store: Store, run_id: str) -> JsonObject | None:
    try:
        document = json.loads(await store.read(layout.run_key(run_id)) or b"")
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _named(images: tuple[ImageRow, ...], reference: str, story_id: str) -> tuple[ImageRow, ...]:
    if reference == story_id:
        return images
    named = tuple(
        row for row in images if reference == row.image_id or (row.file_name and reference.endswith(row.file_name))
    )
    if not named:
        raise TargetUnusable(f"story {story_id} has no image {reference!r}; its {len(images)} have other names")
    return named


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
