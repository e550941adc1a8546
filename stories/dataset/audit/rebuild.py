"""What can be made again from the rest of the dataset, byte for byte: sidecars from rows, parts from what they hold."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import cast

import pyarrow as pa

from stories.api.wire import ImageFormat
from stories.dataset import layout
from stories.dataset.audit.story import differing
from stories.dataset.images.verification import IMAGE_FLAGS, ImageFacts
from stories.dataset.log.commits import Commit, CommitLog
from stories.dataset.log.compaction import merged_parts
from stories.dataset.log.replacements import Replacement, read_replacements
from stories.dataset.model import (
    CostSource,
    ImageRole,
    ImageStatus,
    SavedImage,
    SavedStory,
    StoryStatus,
    from_sidecar,
    to_sidecar,
)
from stories.dataset.parts import CommittedPart, build_part, read_part
from stories.dataset.rows import CommitStamp, image_table, story_table
from stories.dataset.schema import Table
from stories.dataset.story_rows import Row, StoryRows, read_story_rows, stamp_of
from stories.errors import TargetUnusable
from stories.storage.store import Store
from stories.storyboards.story import Story
from stories.strict_json import parse_json_object, sha256_hex

_MAX_RESPONSE_BYTES = 1 << 30


async def restore_sidecar(store: Store, log: CommitLog, story_id: str) -> bool:
    """Write the sidecar again from the story's rows, if those are as committed and it comes to them."""
    saved = await saved_from_rows(store, log, story_id)
    if saved is None:
        return False
    await store.publish(layout.sidecar_key(story_id), to_sidecar(saved))
    return True


async def saved_from_rows(store: Store, log: CommitLog, story_id: str) -> SavedStory | None:
    """The story as its rows tell it; None when they are damaged, or do not tell all."""
    try:
        rows = await read_story_rows(store, log, story_id)
        if rows is None or not rows.are_as_committed:
            return None
        saved = _saved(rows)
    except (TargetUnusable, ValueError, pa.ArrowException):
        return None
    return None if any(differing(rows, saved)) else saved


async def restore_part(store: Store, log: CommitLog, key: str) -> bool:
    """Write a part again: a merged one from its sources kept aside, another from the sidecars of its stories.

    Nothing is written unless it comes to the very bytes that the log promises.
    """
    for replacement in await read_replacements(store):
        for table, part in replacement.parts.items():
            if part.key == key:
                return await _write(store, part, await _merged_again(store, replacement, table))
    for commit in await log.commits():
        for table, part in commit.parts.items():
            if part.key == key:
                return await _write(store, part, await _rebuilt(store, log, commit, table))
    return False


async def _write(store: Store, part: CommittedPart, content: bytes | None) -> bool:
    if content is None or sha256_hex(content) != part.sha256:
        return False
    await store.publish(part.key, content)
    return True


async def _merged_again(store: Store, replacement: Replacement, table: Table) -> bytes | None:
    kept = await store.read(replacement.retired)
    if kept is None:
        return None
    contents: list[dict[Table, bytes]] = []
    start = 0
    for pair in replacement.sources:
        contents.append({})
        for name in Table:
            contents[-1][name] = kept[start : start + pair[name].size_bytes]
            start += pair[name].size_bytes
            if sha256_hex(contents[-1][name]) != pair[name].sha256:
                return None
    return (await asyncio.to_thread(merged_parts, contents))[table].content


async def _rebuilt(store: Store, log: CommitLog, commit: Commit, table: Table) -> bytes | None:
    """From the sidecars, and what the other part of the commit tells of the batch."""
    stories: list[SavedStory] = []
    for story_id in (story_id for ids in commit.story_ids.values() for story_id in ids):
        content = await store.read(layout.sidecar_key(story_id))
        try:
            stories.append(from_sidecar(content or b""))
        except ValueError:
            return None
    stamp = await _batch(store, log, commit)
    if stamp is None:
        return None
    make = image_table if table is Table.IMAGES else story_table
    return (await asyncio.to_thread(lambda: build_part(make(stories, stamp), table))).content


async def _batch(store: Store, log: CommitLog, commit: Commit) -> CommitStamp | None:
    """The batch of a commit, from any row of a story of it, or of another story of the same run."""
    of_run = [it.parts[Table.STORIES] for it in await log.commits() if it.run_id == commit.run_id]
    for part in (commit.parts[Table.STORIES], *of_run):
        content = await store.read(part.key)
        if content is None or sha256_hex(content) != part.sha256:
            continue
        for row in read_part(content, Table.STORIES).slice(0, 1).to_pylist():
            return CommitStamp(stamp_of(row).lineage, commit.batch_id, commit.committed_at)
    return None


def _saved(rows: StoryRows) -> SavedStory:
    story = rows.story
    names = {
        entry["id"]: entry["name"]
        for column in ("characters", "locations")
        for entry in cast("list[dict[str, str]]", story[column])
    }
    response = _text(story, "response_json")
    return SavedStory(
        story=Story.from_body(
            str(story["request_json"]).encode(),
            sample=cast("int", story["sample"]),
            source_uris=cast("list[str]", story["source_uris"]),
        ),
        status=StoryStatus(str(story["status"])),
        attempt=cast("int", story["attempt"]),
        idempotency_key=_text(story, "idempotency_key"),
        job_id=_text(story, "job_id"),
        images=tuple(_images(rows, names)),
        title=_text(story, "title"),
        error_code=_text(story, "error_code"),
        error_message=_text(story, "error_message"),
        cost_eur=cast("Decimal | None", story["cost"]),
        cost_source=None if story["cost_source"] is None else CostSource(str(story["cost_source"])),
        submitted_at=_instant(story, "submitted_at"),
        completed_at=_instant(story, "completed_at"),
        queue_seconds=cast("float | None", story["queue_seconds"]),
        generate_seconds=cast("float | None", story["generate_seconds"]),
        download_seconds=cast("float | None", story["download_seconds"]),
        poll_count=cast("int", story["poll_count"]),
        response=None if response is None else parse_json_object(response.encode(), max_bytes=_MAX_RESPONSE_BYTES),
    )


def _images(rows: StoryRows, names: Mapping[str, str]) -> Iterator[SavedImage]:
    """Scenes by index, then references in the order in which the story's row lists their files."""
    listed = [
        *cast("list[str]", rows.story["character_file_names"]),
        *cast("list[str]", rows.story["location_file_names"]),
    ]
    place = {name: index for index, name in enumerate(listed)}
    for role in ImageRole:
        of_role = [row for row in rows.images if row["role"] == role.value]
        if role is not ImageRole.SCENE:
            of_role.sort(key=lambda row: place.get(str(row["file_name"]), len(place)))
        for ordinal, row in enumerate(of_role):
            yield _image(row, ordinal, names)


def _image(row: Row, ordinal: int, names: Mapping[str, str]) -> SavedImage:
    role = ImageRole(str(row["role"]))
    own_id = row["character_id"] or row["location_id"]
    asked = str(row["image_id"]).split("/")[3:]
    is_ok = row["status"] == ImageStatus.OK.value
    return SavedImage(
        role=role,
        ordinal=cast("int", row["scene_index"]) if role is ImageRole.SCENE else ordinal,
        status=ImageStatus(str(row["status"])),
        asked_format=ImageFormat(asked[0]) if role is ImageRole.SCENE and asked else None,
        name=None if role is ImageRole.SCENE else names[str(own_id)],
        prompt=_text(row, "prompt"),
        character_names=tuple(names[it] for it in cast("list[str]", row["character_ids"])),
        key=_text(row, "file_name"),
        facts=_facts(row) if is_ok else None,
        error_code=_text(row, "error_code"),
        error_message=_text(row, "error_message"),
        downloaded_at=_instant(row, "downloaded_at"),
        qa_flags=tuple(flag for flag in cast("list[str]", row["qa_flags"]) if flag not in IMAGE_FLAGS),
        char_similarity=cast("float | None", row["char_similarity"]),
        style_similarity=cast("float | None", row["style_similarity"]),
    )


def _facts(row: Row) -> ImageFacts:
    return ImageFacts(
        format=ImageFormat(str(row["format"])),
        width=cast("int", row["width"]),
        height=cast("int", row["height"]),
        size_bytes=cast("int", row["size_bytes"]),
        sha256=str(row["sha256"]),
        phash=cast("int", row["phash"]),
        has_c2pa=cast("bool", row["has_c2pa"]),
        flags=tuple(flag for flag in cast("list[str]", row["qa_flags"]) if flag in IMAGE_FLAGS),
    )


def _text(row: Row, column: str) -> str | None:
    return None if row[column] is None else str(row[column])


def _instant(row: Row, column: str) -> datetime | None:
    return cast("datetime | None", row[column])
