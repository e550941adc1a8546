"""From a story or any of its images back to what made it: storyboard bytes, job, run, versions, settings."""

import json
import re
from dataclasses import dataclass
from datetime import date, datetime

from stories.dataset import layout
from stories.dataset.log.commits import CommitLog
from stories.dataset.story_rows import Row, read_story_rows
from stories.errors import TargetUnusable
from stories.storage.store import Store
from stories.strict_json import JsonObject, sha256_hex

_STORY_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


@dataclass(frozen=True)
class Trace:
    """A story's rows with what stands behind them; values are those of the manifest's columns, as JSON has them."""

    story_id: str
    commit_version: int
    part: str
    """The part that has the story's row now."""
    story: JsonObject
    images: tuple[JsonObject, ...]
    """Those that were asked for: all of the story, or the one."""
    storyboard: bytes
    """Exactly the bytes that were sent."""
    storyboard_is_proven: bool
    """Whether these bytes have the hash that the row names."""
    receipt: JsonObject | None
    """The run's record: source, settings, times and counts; None when it is gone."""


async def trace(store: Store, log: CommitLog, reference: str) -> Trace:
    """Follow a story id, an image id, a file name or a URL of an image.

    Raises `TargetUnusable` when the reference names no committed story or image, or its part is gone.
    """
    found = _STORY_ID.search(reference)
    if found is None:
        raise TargetUnusable(f"{reference!r} holds no story id: give one (32 hex digits), an image_id or a file_name")
    story_id = found[0]
    rows = await read_story_rows(store, log, story_id)
    if rows is None:
        raise TargetUnusable(f"{store.url}: story {story_id} is not committed here; `depicta batch status` may know it")
    story = _as_json(rows.story)
    content = await store.read(layout.run_key(str(story["run_id"])))
    storyboard = str(story["request_json"]).encode()
    return Trace(
        story_id=story_id,
        commit_version=rows.commit_version,
        part=rows.part,
        story=story,
        images=_asked_for([_as_json(row) for row in rows.images], reference, story_id),
        storyboard=storyboard,
        storyboard_is_proven=sha256_hex(storyboard) == story["storyboard_sha256"],
        receipt=None if content is None else json.loads(content),
    )


def _asked_for(images: list[JsonObject], reference: str, story_id: str) -> tuple[JsonObject, ...]:
    if reference == story_id:
        return tuple(images)
    named = tuple(
        row
        for row in images
        if reference == row["image_id"] or (row["file_name"] and reference.endswith(str(row["file_name"])))
    )
    if not named:
        raise TargetUnusable(f"story {story_id} has no image {reference!r}; its {len(images)} have other names")
    return named


def _as_json(row: Row) -> JsonObject:
    """Instants in UTC, dates and amounts as texts; the rest JSON has."""
    document: JsonObject = json.loads(json.dumps(row, default=_as_text))
    return document


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
