"""The audit of one committed story: its rows against its sidecar, its files against its rows."""

import asyncio
from collections.abc import Iterator
from dataclasses import fields

from stories.dataset import layout
from stories.dataset.audit.findings import Audit, Finding, FindingKind
from stories.dataset.committed_story import CommittedStory
from stories.dataset.image_rows import ImageRow, image_rows, image_table
from stories.dataset.images.verification import ImageFacts, verify_image
from stories.dataset.model import ImageStatus, SavedStory, from_sidecar
from stories.dataset.story_rows import StoryRow, story_rows, story_table
from stories.errors import ImageRefused
from stories.storage.store import Store
from stories.strict_json import sha256_hex

_FACTS = ("width", "height", "format", "mime_type", "phash", "has_c2pa")
"""The columns that decoding the file must confirm, if its bytes have the recorded hash."""


async def audit_story(store: Store, story: CommittedStory, audit: Audit) -> None:
    """Read and decode every file of the story, one after the other, and list its folder."""
    listed = [stored.key async for stored in store.list(f"{layout.IMAGES}/{story.story_id}")]
    sidecar = layout.sidecar_key(story.story_id)
    for key in sorted(set(listed) - {*story.keys, sidecar}):
        audit.find(FindingKind.EXTRA, key, "no row of this story names it", story.story_id)
    for row in story.images:
        if row.file_name is not None:
            await _audit_image(store, row, row.file_name, audit)
        elif row.status is ImageStatus.OK:
            audit.find(FindingKind.WRONG_ROW, story.part, f"{row.image_id} is ok and names no file", story.story_id)
    await _audit_sidecar(store, story, sidecar, audit)
    audit.count(stories=1)


async def _audit_image(store: Store, row: ImageRow, key: str, audit: Audit) -> None:
    content = await store.read(key)
    if content is None:
        audit.find(FindingKind.MISSING, key, "the file is not there", row.story_id)
        return
    audit.count(images=1, image_bytes=len(content))
    finding, facts = await asyncio.to_thread(_check, content, row, key)
    if finding is not None:
        audit.findings.append(finding)
    elif facts is not None and (wrong := [name for name in _FACTS if getattr(facts, name) != getattr(row, name)]):
        audit.find(FindingKind.WRONG_ROW, key, f"its row is wrong about {', '.join(wrong)}", row.story_id)


def _check(content: bytes, row: ImageRow, key: str) -> tuple[Finding | None, ImageFacts | None]:
    """Return the fault of the bytes, or else the facts that decoding them gives."""
    sha256 = sha256_hex(content)
    try:
        facts = verify_image(content)
        message = "it is an image with other bytes than were recorded"
    except ImageRefused as exc:
        facts, message = None, f"it cannot be decoded: {exc}"
    if sha256 == row.sha256 and facts is not None:
        return None, facts
    kind = FindingKind.DAMAGED
    if sha256 != row.sha256 and facts is None and row.size_bytes is not None and len(content) < row.size_bytes:
        kind, message = FindingKind.TRUNCATED, f"{len(content):,} of {row.size_bytes:,} bytes are there"
    return Finding(kind, key, message, row.story_id, sha256), None


async def _audit_sidecar(store: Store, story: CommittedStory, key: str, audit: Audit) -> None:
    content = await store.read(key)
    if content is None:
        audit.find(FindingKind.MISSING, key, "the sidecar is not there", story.story_id)
        return
    try:
        saved = from_sidecar(content)
    except ValueError as exc:
        audit.find(FindingKind.DAMAGED, key, f"the sidecar cannot be read: {str(exc).splitlines()[0]}", story.story_id)
        return
    differences = list(differences_of(story, saved))
    if differences and story.is_as_recorded:
        audit.find(FindingKind.DAMAGED, key, f"the sidecar is not what was committed: {differences[0]}", story.story_id)
        return
    for difference in differences:
        audit.find(FindingKind.WRONG_ROW, story.part, difference, story.story_id)


def differences_of(story: CommittedStory, saved: SavedStory) -> Iterator[str]:
    """Yield each difference between the committed rows and those of the saved story: the row, and its columns."""
    stamp = story.row.stamp
    (row,) = story_rows(story_table([saved], stamp))
    if columns := _differing_columns(story.row, row):
        yield f"the row of the story differs from its sidecar in {columns}"
    expected = {it.image_id: it for it in image_rows(image_table([saved], stamp))}
    found = {it.image_id: it for it in story.images}
    for image_id in sorted(expected.keys() ^ found.keys()):
        yield f"{image_id} is only in {'the sidecar' if image_id in expected else 'the manifest'}"
    if len(found) < len(story.images):
        yield "an image has two rows"
    for image_id in sorted(expected.keys() & found.keys()):
        if columns := _differing_columns(found[image_id], expected[image_id]):
            yield f"the row of {image_id} differs from the sidecar in {columns}"


def _differing_columns(found: StoryRow | ImageRow, expected: StoryRow | ImageRow) -> str:
    """Return the names of the columns that differ; `schema_version` is that of the program that wrote the row."""
    names = [field.name for field in fields(expected) if field.name != "schema_version"]
    return ", ".join(name for name in names if getattr(found, name) != getattr(expected, name))
