"""Saved stories as rows of the two tables."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pyarrow as pa

from stories.api.wire import Cast, ImageFormat, Storyboard
from stories.dataset.layout import reference_id
from stories.dataset.model import ImageRole, ImageStatus, Lineage, SavedImage, SavedStory, flags_of
from stories.dataset.schema import SCHEMA_VERSION, SCHEMAS, Table
from stories.strict_json import JsonObject

CURRENCY = "EUR"

_Row = dict[str, object]

_MICRO = Decimal("0.000001")
_COST_LIMIT = Decimal(10) ** 12 - 1
FORMAT_PREFERENCE = (ImageFormat.PNG, ImageFormat.JPEG, ImageFormat.WEBP)
"""Which file stands for a scene that is there in several formats."""


@dataclass(frozen=True)
class CommitStamp:
    """What the rows of one commit share."""

    lineage: Lineage
    batch_id: str
    committed_at: datetime


def image_table(stories: Iterable[SavedStory], stamp: CommitStamp) -> pa.Table:
    """One row for each image that was asked for, whether there is a file or not."""
    rows = [_image_row(saved, image, stamp) for saved in stories for image in saved.images]
    return pa.Table.from_pylist(rows, schema=SCHEMAS[Table.IMAGES])


def story_table(stories: Iterable[SavedStory], stamp: CommitStamp) -> pa.Table:
    """One row for each story."""
    return pa.Table.from_pylist([_story_row(saved, stamp) for saved in stories], schema=SCHEMAS[Table.STORIES])


def _image_row(saved: SavedStory, image: SavedImage, stamp: CommitStamp) -> _Row:
    own_id = None if image.name is None else reference_id(image.name)
    return {
        **_identity_columns(saved, stamp),
        "file_name": image.key,
        "image_id": _image_id(saved, image),
        "role": image.role.value,
        "scene_index": image.ordinal if image.role is ImageRole.SCENE else None,
        "character_id": own_id if image.role is ImageRole.CHARACTER else None,
        "location_id": own_id if image.role is ImageRole.LOCATION else None,
        "character_ids": [reference_id(name) for name in image.character_names],
        "prompt": image.prompt,
        "caption": _caption(saved, image),
        **_file_columns(image),
        "status": image.status.value,
        "error_code": image.error_code,
        "error_message": image.error_message,
        "ai_generated": True,
        "created_at": saved.completed_at,
        "downloaded_at": image.downloaded_at,
        "char_similarity": image.char_similarity,
        "style_similarity": image.style_similarity,
    }


def _file_columns(image: SavedImage) -> _Row:
    facts = image.facts
    if facts is None:
        return {"format": image.asked_format and image.asked_format.value, "qa_flags": flags_of(image)}
    return {
        "mime_type": facts.mime_type,
        "format": facts.format.value,
        "width": facts.width,
        "height": facts.height,
        "size_bytes": facts.size_bytes,
        "sha256": facts.sha256,
        "phash": facts.phash,
        "has_c2pa": facts.has_c2pa,
        "qa_flags": flags_of(image),
    }


def _image_id(saved: SavedStory, image: SavedImage) -> str:
    story_id = saved.story.story_id
    if image.name is not None:
        kind = "character" if image.role is ImageRole.CHARACTER else "location"
        return f"{story_id}/{kind}/{reference_id(image.name)}"
    form = f"/{image.asked_format.value}" if image.asked_format else ""
    return f"{story_id}/scene/{image.ordinal}{form}"


def _caption(saved: SavedStory, image: SavedImage) -> str | None:
    storyboard = saved.story.storyboard
    words = image.prompt
    if image.name is not None:
        cast = storyboard.characters if image.role is ImageRole.CHARACTER else storyboard.locations
        description = next((entry.description for entry in cast if entry.name == image.name), None)
        words = f"{image.name}: {description}" if description else image.name
    if words is None or saved.story.style is None:
        return words
    return f"{words.rstrip().rstrip('.')}. Style: {saved.story.style}."


def _story_row(saved: SavedStory, stamp: CommitStamp) -> _Row:
    storyboard = saved.story.storyboard
    scene_files = _scene_files(saved.images)
    return {
        **_identity_columns(saved, stamp),
        "sample": saved.story.sample,
        "source_uris": list(saved.story.source_uris),
        "attempt": saved.attempt,
        "status": saved.status.value,
        "error_code": saved.error_code,
        "error_message": saved.error_message,
        "title": saved.title if saved.title is not None else saved.story.title,
        "n_scenes": len(storyboard.scenes),
        "n_scenes_ok": len(scene_files),
        "n_characters": len(storyboard.characters),
        "n_locations": len(storyboard.locations),
        "scene_file_names": scene_files,
        "character_file_names": list(_reference_files(saved.images, ImageRole.CHARACTER)),
        "location_file_names": list(_reference_files(saved.images, ImageRole.LOCATION)),
        "characters": _cast(storyboard.characters),
        "locations": _cast(storyboard.locations),
        **_money_and_time(saved),
        "committed_at": stamp.committed_at,
        "request_json": saved.story.body.decode(),
        "response_json": None if saved.response is None else _compact_json(saved.response),
        "api_version": stamp.lineage.api_version,
        "seed": _seed(storyboard),
        "flow_run_id": stamp.lineage.flow_run_id,
        "schema_version": SCHEMA_VERSION,
    }


def _identity_columns(saved: SavedStory, stamp: CommitStamp) -> _Row:
    """The columns that both tables have: whose row it is, and what made it."""
    return {
        "story_id": saved.story.story_id,
        "dataset_id": stamp.lineage.dataset_id,
        "storyboard_sha256": saved.story.storyboard_sha256,
        "job_id": saved.job_id,
        "idempotency_key": saved.idempotency_key,
        "style": saved.story.style,
        "run_date": stamp.lineage.run_date,
        "run_id": stamp.lineage.run_id,
        "batch_id": stamp.batch_id,
        "pipeline_version": stamp.lineage.pipeline_version,
    }


def _money_and_time(saved: SavedStory) -> _Row:
    cost = _column_cost(saved.cost_eur)
    return {
        "cost": cost,
        "currency": None if cost is None else CURRENCY,
        "cost_source": None if cost is None else saved.cost_source,
        "submitted_at": saved.submitted_at,
        "completed_at": saved.completed_at,
        "queue_seconds": saved.queue_seconds,
        "generate_seconds": saved.generate_seconds,
        "download_seconds": saved.download_seconds,
        "poll_count": saved.poll_count,
    }


def _scene_files(images: Sequence[SavedImage]) -> list[str]:
    """One file for each scene that has any, in story order, the PNG where there is one."""
    files: dict[int, tuple[int, str]] = {}
    for image in images:
        if image.role is ImageRole.SCENE and image.key is not None and image.facts is not None:
            candidate = FORMAT_PREFERENCE.index(image.facts.format), image.key
            files[image.ordinal] = min(candidate, files.get(image.ordinal, candidate))
    return [files[ordinal][1] for ordinal in sorted(files)]


def _reference_files(images: Sequence[SavedImage], role: ImageRole) -> Iterator[str]:
    for image in sorted(images, key=lambda image: image.ordinal):
        if image.role is role and image.status is ImageStatus.OK and image.key is not None:
            yield image.key


def _cast(entries: Iterable[Cast]) -> list[_Row]:
    return [{"id": reference_id(entry.name), "name": entry.name, "description": entry.description} for entry in entries]


def _column_cost(cost_eur: Decimal | None) -> Decimal | None:
    """To the micro-euro; None for what no story can cost and the column cannot hold."""
    return None if cost_eur is None or cost_eur >= _COST_LIMIT else cost_eur.quantize(_MICRO)


def _compact_json(document: JsonObject) -> str:
    """Not the canonical form, which has no spelling for large integers; the service may well send some."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _seed(storyboard: Storyboard) -> int | None:
    """The storyboard's own `seed` when it is an integer; no field that is documented."""
    seed = (storyboard.model_extra or {}).get("seed")
    return seed if isinstance(seed, int) and not isinstance(seed, bool) else None
