"""One committed story: its rows against its sidecar, its files against its rows."""

import asyncio
from collections.abc import Iterator

from stories.dataset import layout
from stories.dataset.audit.findings import Audit, Finding, FindingKind
from stories.dataset.images.verification import ImageFacts, verify_image
from stories.dataset.model import ImageStatus, SavedStory, from_sidecar
from stories.dataset.rows import image_table, story_table
from stories.dataset.story_rows import Row, StoryRows, stamp_of
from stories.errors import ImageRefused
from stories.storage.store import Store
from stories.strict_json import sha256_hex

_FACTS = ("width", "height", "format", "mime_type", "phash", "has_c2pa")
"""What decoding a file again must come to, when its bytes are those of its row."""


async def audit_story(store: Store, rows: StoryRows, audit: Audit) -> None:
    """Read and decode every file of the story, one after the other, and list its folder."""
    listed = [stored.key async for stored in store.list(f"{layout.IMAGES}/{rows.story_id}")]
    sidecar = layout.sidecar_key(rows.story_id)
    for key in sorted(set(listed) - {*rows.keys, sidecar}):
        audit.find(FindingKind.EXTRA, key, "no row of this story names it", rows.story_id)
    for row in rows.images:
        if row["file_name"] is not None:
            await _audit_image(store, row, audit)
        elif row["status"] == ImageStatus.OK.value:
            audit.find(FindingKind.WRONG_ROW, rows.part, f"{row['image_id']} is ok and names no file", rows.story_id)
    await _audit_sidecar(store, rows, sidecar, audit)
    audit.looked_at(stories=1)


async def _audit_image(store: Store, row: Row, audit: Audit) -> None:
    key, story_id = str(row["file_name"]), str(row["story_id"])
    content = await store.read(key)
    if content is None:
        audit.find(FindingKind.MISSING, key, "the file is not there", story_id)
        return
    audit.looked_at(images=1, image_bytes=len(content))
    finding, facts = await asyncio.to_thread(_checks, content, row)
    if finding is not None:
        audit.findings.append(finding)
    elif facts is not None and (wrong := [name for name in _FACTS if getattr(facts, name) != row[name]]):
        audit.find(FindingKind.WRONG_ROW, key, f"its row is wrong about {', '.join(wrong)}", story_id)


def _checks(content: bytes, row: Row) -> tuple[Finding | None, ImageFacts | None]:
    """What is wrong with the bytes, or what they show."""
    key, story_id, size_bytes = str(row["file_name"]), str(row["story_id"]), row["size_bytes"]
    found = sha256_hex(content)
    try:
        facts = verify_image(content)
        message = "it is an image, of other bytes than were recorded"
    except ImageRefused as exc:
        facts, message = None, f"it cannot be decoded: {exc}"
    if found == row["sha256"]:
        return (
            (None, facts) if facts is not None else (Finding(FindingKind.DAMAGED, key, message, story_id, found), None)
        )
    if isinstance(size_bytes, int) and len(content) < size_bytes and facts is None:
        message = f"{len(content):,} of {size_bytes:,} bytes are there"
        return Finding(FindingKind.TRUNCATED, key, message, story_id, found), None
    return Finding(FindingKind.DAMAGED, key, message, story_id, found), None


async def _audit_sidecar(store: Store, rows: StoryRows, key: str, audit: Audit) -> None:
    content = await store.read(key)
    if content is None:
        audit.find(FindingKind.MISSING, key, "the sidecar is not there", rows.story_id)
        return
    try:
        saved = from_sidecar(content)
    except ValueError as exc:
        audit.find(FindingKind.DAMAGED, key, f"the sidecar cannot be read: {str(exc).splitlines()[0]}", rows.story_id)
        return
    differences = list(differing(rows, saved))
    if differences and rows.are_as_committed:
        audit.find(FindingKind.DAMAGED, key, f"the sidecar is not what was committed: {differences[0]}", rows.story_id)
        return
    for difference in differences:
        audit.find(FindingKind.WRONG_ROW, rows.part, difference, rows.story_id)


def differing(rows: StoryRows, saved: SavedStory) -> Iterator[str]:
    """What is different between the rows and those that this story has: the row, and its columns."""
    batch = stamp_of(rows.story)
    (story,) = story_table([saved], batch).to_pylist()
    if columns := _differing_columns(rows.story, story):
        yield f"the row of the story differs from its sidecar in {columns}"
    expected = {row["image_id"]: row for row in image_table([saved], batch).to_pylist()}
    found = {row["image_id"]: row for row in rows.images}
    for image_id in sorted(expected.keys() ^ found.keys(), key=str):
        yield f"{image_id} is in {'the sidecar' if image_id in expected else 'the manifest'} alone"
    if len(found) < len(rows.images):
        yield "an image has two rows"
    for image_id in sorted(expected.keys() & found.keys(), key=str):
        if columns := _differing_columns(found[image_id], expected[image_id]):
            yield f"the row of {image_id} differs from the sidecar in {columns}"


def _differing_columns(found: Row, expected: Row) -> str:
    """By name; `schema_version` is that of the program that wrote the row."""
    return ", ".join(name for name in expected if found[name] != expected[name] and name != "schema_version")
