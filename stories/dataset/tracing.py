"""From a story or any of its images back to what made it: storyboard bytes, job, run, versions, settings."""

import asyncio
import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO

import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import JsonValue

from stories.dataset import layout
from stories.dataset.commits import Commit, CommitLog
from stories.dataset.parts import CommittedPart
from stories.dataset.replacements import read_replacements, resting_place
from stories.dataset.schema import Table
from stories.errors import TargetUnusable
from stories.json_document import JsonObject, sha256_hex
from stories.storage.store import Store

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
    replacements = await read_replacements(store)
    commit = _commit_of(await log.commits(), story_id)
    if commit is None:
        raise TargetUnusable(f"{store.url}: story {story_id} is not committed here; `depicta batch status` may know it")
    pair = resting_place(commit.parts, replacements)
    story_rows = await _rows(store, pair[Table.STORIES], story_id)
    image_rows = await _rows(store, pair[Table.IMAGES], story_id)
    if len(story_rows) != 1:
        raise TargetUnusable(f"{store.url}: {pair[Table.STORIES].key} has {len(story_rows)} rows of story {story_id}")
    (story,) = story_rows
    content = await store.read(layout.run_key(str(story["run_id"])))
    storyboard = str(story["request_json"]).encode()
    return Trace(
        story_id=story_id,
        commit_version=commit.version,
        part=pair[Table.STORIES].key,
        story=story,
        images=_asked_for(image_rows, reference, story_id),
        storyboard=storyboard,
        storyboard_is_proven=sha256_hex(storyboard) == story["storyboard_sha256"],
        receipt=None if content is None else json.loads(content),
    )


def _commit_of(commits: tuple[Commit, ...], story_id: str) -> Commit | None:
    return next((it for it in commits if any(story_id in ids for ids in it.story_ids.values())), None)


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


async def _rows(store: Store, part: CommittedPart, story_id: str) -> list[JsonObject]:
    content = await store.read(part.key)
    if content is None:
        raise TargetUnusable(
            f"{store.url}: {part.key} is missing, though the log names it; run: depicta dataset verify"
        )
    return await asyncio.to_thread(_read_rows, content, story_id)


def _read_rows(content: bytes, story_id: str) -> list[JsonObject]:
    rows = pq.read_table(BytesIO(content), filters=pc.field("story_id") == story_id, partitioning=None)
    return [{name: _as_json(value) for name, value in row.items()} for row in rows.to_pylist()]


def _as_json(value: object) -> JsonValue:
    """Instants in UTC, dates and amounts as texts; the rest JSON has."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    parsed: JsonValue = json.loads(json.dumps(value, default=str))
    return parsed
