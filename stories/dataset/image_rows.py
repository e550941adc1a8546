"""Rows of the table of images: made from saved stories, read from parts, and turned back into saved images."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

import pyarrow as pa
from pydantic import TypeAdapter

from stories.api.wire import ImageFormat
from stories.dataset.images.verification import IMAGE_FLAGS, ImageFacts
from stories.dataset.layout import reference_id
from stories.dataset.model import CommitStamp, ImageRole, ImageStatus, SavedImage, SavedStory, flags_of
from stories.dataset.parts import stream_part
from stories.dataset.schema import SCHEMAS, Table


@dataclass(frozen=True, kw_only=True)
class ImageRow:
    """A row of the images; `stories.dataset.schema` describes each column."""

    file_name: str | None
    image_id: str
    story_id: str
    dataset_id: str
    storyboard_sha256: str
    job_id: str | None
    idempotency_key: str | None
    role: ImageRole
    scene_index: int | None
    character_id: str | None
    location_id: str | None
    character_ids: tuple[str, ...]
    prompt: str | None
    caption: str | None
    style: str | None
    mime_type: str | None
    format: ImageFormat | None
    width: int | None
    height: int | None
    size_bytes: int | None
    sha256: str | None
    phash: int | None
    has_c2pa: bool | None
    status: ImageStatus
    error_code: str | None
    error_message: str | None
    ai_generated: bool
    qa_flags: tuple[str, ...]
    char_similarity: float | None
    style_similarity: float | None
    created_at: datetime | None
    downloaded_at: datetime | None
    run_date: date
    run_id: str
    batch_id: str
    pipeline_version: str
    extra_json: str | None = None

    @property
    def reference(self) -> str | None:
        """Id of the character or location that the image shows; None for a scene."""
        return self.character_id or self.location_id


class RowIdentity(TypedDict):
    """The columns that both tables have: the identity of the story, and the run that made the row."""

    story_id: str
    dataset_id: str
    storyboard_sha256: str
    job_id: str | None
    idempotency_key: str | None
    style: str | None
    run_date: date
    run_id: str
    batch_id: str
    pipeline_version: str


class _FileColumns(TypedDict):
    mime_type: str | None
    format: ImageFormat | None
    width: int | None
    height: int | None
    size_bytes: int | None
    sha256: str | None
    phash: int | None
    has_c2pa: bool | None


_IMAGE_ROWS = TypeAdapter(list[ImageRow])


def image_table(stories: Iterable[SavedStory], stamp: CommitStamp) -> pa.Table:
    """Return one row for each image that was requested, with or without a file."""
    rows = [vars(_image_row(saved, image, stamp)) for saved in stories for image in saved.images]
    return pa.Table.from_pylist(rows, schema=SCHEMAS[Table.IMAGES])


def image_rows(table: pa.Table) -> list[ImageRow]:
    """Return the rows of a whole table of images, typed. Raises `ValueError` for a value that no row can have."""
    return _IMAGE_ROWS.validate_python(table.to_pylist())


def stream_image_rows(part: bytes) -> Iterator[ImageRow]:
    """Yield the rows of a part of the images; raises what `read_part` and `image_rows` raise."""
    for rows in stream_part(part, Table.IMAGES):
        yield from image_rows(rows)


def saved_image(row: ImageRow, *, ordinal: int, names: Mapping[str, str]) -> SavedImage:
    """Return the image that the row was made from, without its look.

    `names` has the name of each character and location by its id; `ordinal` is the position of a reference, which rows
    do not hold. Raises `ValueError` when a name is missing.
    """
    is_scene = row.role is ImageRole.SCENE
    if missing := sorted({*row.character_ids, row.reference or ""} - {*names, ""}):
        raise ValueError(f"{row.image_id}: the name of {', '.join(missing)} is not known")
    asked_format = row.image_id.split("/")[3:] if is_scene else []
    return SavedImage(
        role=row.role,
        ordinal=ordinal if row.scene_index is None else row.scene_index,
        status=row.status,
        asked_format=ImageFormat(asked_format[0]) if asked_format else None,
        name=None if is_scene else names[row.reference or ""],
        prompt=row.prompt,
        character_names=tuple(names[it] for it in row.character_ids),
        key=row.file_name,
        facts=_facts(row) if row.status is ImageStatus.OK else None,
        error_code=row.error_code,
        error_message=row.error_message,
        downloaded_at=row.downloaded_at,
        qa_flags=tuple(flag for flag in row.qa_flags if flag not in IMAGE_FLAGS),
        char_similarity=row.char_similarity,
        style_similarity=row.style_similarity,
    )


def _facts(row: ImageRow) -> ImageFacts:
    if (
        row.format is None
        or row.width is None
        or row.height is None
        or row.size_bytes is None
        or row.sha256 is None
        or row.phash is None
        or row.has_c2pa is None
    ):
        raise ValueError(f"{row.image_id} is ok, and its row does not describe the file")
    return ImageFacts(
        format=row.format,
        width=row.width,
        height=row.height,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        phash=row.phash,
        has_c2pa=row.has_c2pa,
        flags=tuple(flag for flag in row.qa_flags if flag in IMAGE_FLAGS),
    )


def _image_row(saved: SavedStory, image: SavedImage, stamp: CommitStamp) -> ImageRow:
    own_id = None if image.name is None else reference_id(image.name)
    return ImageRow(
        **row_identity(saved, stamp),
        **_file_columns(image),
        file_name=image.key,
        image_id=_image_id(saved, image),
        role=image.role,
        scene_index=image.ordinal if image.role is ImageRole.SCENE else None,
        character_id=own_id if image.role is ImageRole.CHARACTER else None,
        location_id=own_id if image.role is ImageRole.LOCATION else None,
        character_ids=tuple(reference_id(name) for name in image.character_names),
        prompt=image.prompt,
        caption=_caption(saved, image),
        status=image.status,
        error_code=image.error_code,
        error_message=image.error_message,
        ai_generated=True,
        qa_flags=tuple(flags_of(image)),
        char_similarity=image.char_similarity,
        style_similarity=image.style_similarity,
        created_at=saved.completed_at,
        downloaded_at=image.downloaded_at,
    )


def row_identity(saved: SavedStory, stamp: CommitStamp) -> RowIdentity:
    """Return the columns that the rows of both tables share."""
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


def _file_columns(image: SavedImage) -> _FileColumns:
    facts = image.facts
    return {
        "mime_type": None if facts is None else facts.mime_type,
        "format": image.asked_format if facts is None else facts.format,
        "width": None if facts is None else facts.width,
        "height": None if facts is None else facts.height,
        "size_bytes": None if facts is None else facts.size_bytes,
        "sha256": None if facts is None else facts.sha256,
        "phash": None if facts is None else facts.phash,
        "has_c2pa": None if facts is None else facts.has_c2pa,
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
