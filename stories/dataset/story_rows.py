"""Rows of the table of stories: made from saved stories, read from parts, and turned back into saved stories."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
from pydantic import TypeAdapter

from stories.api.wire import Cast, Storyboard
from stories.dataset.image_rows import ImageRow, row_identity, saved_image
from stories.dataset.layout import reference_id
from stories.dataset.model import (
    FORMAT_PREFERENCE,
    CommitStamp,
    CostSource,
    ImageRole,
    ImageStatus,
    Lineage,
    SavedImage,
    SavedStory,
    StoryStatus,
)
from stories.dataset.parts import stream_part
from stories.dataset.schema import SCHEMA_VERSION, SCHEMAS, Table
from stories.storyboards.story import Story
from stories.strict_json import JsonObject, parse_json_object

CURRENCY = "EUR"

_MICRO = Decimal("0.000001")
_COST_LIMIT = Decimal(10) ** 12 - 1
_MAX_RESPONSE_BYTES = 1 << 30


@dataclass(frozen=True)
class CastEntry:
    """A character or location of a storyboard in its story's row."""

    id: str
    name: str
    description: str | None


@dataclass(frozen=True, kw_only=True)
class StoryRow:
    """A row of the stories; `stories.dataset.schema` describes each column."""

    story_id: str
    dataset_id: str
    storyboard_sha256: str
    sample: int
    source_uris: tuple[str, ...]
    job_id: str | None
    idempotency_key: str | None
    attempt: int
    status: StoryStatus
    error_code: str | None
    error_message: str | None
    title: str | None
    style: str | None
    n_scenes: int
    n_scenes_ok: int
    n_characters: int
    n_locations: int
    scene_file_names: tuple[str, ...]
    character_file_names: tuple[str, ...]
    location_file_names: tuple[str, ...]
    characters: tuple[CastEntry, ...]
    locations: tuple[CastEntry, ...]
    cost: Decimal | None
    currency: str | None
    cost_source: CostSource | None
    submitted_at: datetime | None
    completed_at: datetime | None
    committed_at: datetime
    queue_seconds: float | None
    generate_seconds: float | None
    download_seconds: float | None
    poll_count: int
    request_json: str
    response_json: str | None = None
    """None as well when the column was not read: it is by far the largest."""
    api_version: str | None
    seed: int | None
    run_date: date
    run_id: str
    flow_run_id: str | None
    batch_id: str
    pipeline_version: str
    schema_version: int
    extra_json: str | None = None

    @property
    def stamp(self) -> CommitStamp:
        """The columns that the story's row shares with all rows of its commit."""
        lineage = Lineage(
            dataset_id=self.dataset_id,
            run_id=self.run_id,
            run_date=self.run_date,
            pipeline_version=self.pipeline_version,
            flow_run_id=self.flow_run_id,
            api_version=self.api_version,
        )
        return CommitStamp(lineage, self.batch_id, self.committed_at)


_STORY_ROWS = TypeAdapter(list[StoryRow])


def story_table(stories: Iterable[SavedStory], stamp: CommitStamp) -> pa.Table:
    """Return one row for each story."""
    return pa.Table.from_pylist([_columns(_story_row(it, stamp)) for it in stories], schema=SCHEMAS[Table.STORIES])


def story_rows(table: pa.Table) -> list[StoryRow]:
    """Return the rows of a whole table of stories, typed. Raises `ValueError` for a value that no row can have."""
    return _STORY_ROWS.validate_python(table.to_pylist())


def stream_story_rows(part: bytes) -> Iterator[StoryRow]:
    """Yield the rows of a part of the stories; raises what `read_part` and `story_rows` raise."""
    for rows in stream_part(part, Table.STORIES):
        yield from story_rows(rows)


def saved_story(row: StoryRow, images: Sequence[ImageRow]) -> SavedStory:
    """Return the story that these rows were made from; without the looks of its images, which no row holds.

    `images` has the scenes in story order; references are put in the order in which the story's row lists their files.
    Raises `ValueError` when the rows do not tell the whole story.
    """
    names = {member.id: member.name for member in (*row.characters, *row.locations)}
    response = row.response_json
    return SavedStory(
        story=Story.from_body(row.request_json.encode(), sample=row.sample, source_uris=row.source_uris),
        status=row.status,
        attempt=row.attempt,
        idempotency_key=row.idempotency_key,
        job_id=row.job_id,
        images=tuple(
            saved_image(image, ordinal=ordinal, names=names)
            for role in ImageRole
            for ordinal, image in enumerate(_in_order(row, images, role))
        ),
        title=row.title,
        error_code=row.error_code,
        error_message=row.error_message,
        cost_eur=row.cost,
        cost_source=row.cost_source,
        submitted_at=row.submitted_at,
        completed_at=row.completed_at,
        queue_seconds=row.queue_seconds,
        generate_seconds=row.generate_seconds,
        download_seconds=row.download_seconds,
        poll_count=row.poll_count,
        response=None if response is None else parse_json_object(response.encode(), max_bytes=_MAX_RESPONSE_BYTES),
    )


def _in_order(row: StoryRow, images: Sequence[ImageRow], role: ImageRole) -> list[ImageRow]:
    of_role = [image for image in images if image.role is role]
    if role is ImageRole.SCENE:
        return of_role
    places = {key: place for place, key in enumerate((*row.character_file_names, *row.location_file_names))}
    return sorted(of_role, key=lambda image: places.get(image.file_name or "", len(places)))


def _story_row(saved: SavedStory, stamp: CommitStamp) -> StoryRow:
    storyboard = saved.story.storyboard
    scene_files = _scene_files(saved.images)
    cost = _column_cost(saved.cost_eur)
    return StoryRow(
        **row_identity(saved, stamp),
        sample=saved.story.sample,
        source_uris=saved.story.source_uris,
        attempt=saved.attempt,
        status=saved.status,
        error_code=saved.error_code,
        error_message=saved.error_message,
        title=saved.title if saved.title is not None else saved.story.title,
        cost=cost,
        currency=None if cost is None else CURRENCY,
        cost_source=None if cost is None else saved.cost_source,
        n_scenes=len(storyboard.scenes),
        n_scenes_ok=len(scene_files),
        n_characters=len(storyboard.characters),
        n_locations=len(storyboard.locations),
        scene_file_names=scene_files,
        character_file_names=_reference_files(saved.images, ImageRole.CHARACTER),
        location_file_names=_reference_files(saved.images, ImageRole.LOCATION),
        characters=_cast_entries(storyboard.characters),
        locations=_cast_entries(storyboard.locations),
        submitted_at=saved.submitted_at,
        completed_at=saved.completed_at,
        committed_at=stamp.committed_at,
        queue_seconds=saved.queue_seconds,
        generate_seconds=saved.generate_seconds,
        download_seconds=saved.download_seconds,
        poll_count=saved.poll_count,
        request_json=saved.story.body.decode(),
        response_json=None if saved.response is None else _compact_json(saved.response),
        api_version=stamp.lineage.api_version,
        seed=_seed(storyboard),
        flow_run_id=stamp.lineage.flow_run_id,
        schema_version=SCHEMA_VERSION,
    )


def _columns(row: StoryRow) -> dict[str, object]:
    """Return the values of a row by column; `dataclasses.asdict` would copy each, which takes longer than a commit."""
    cast = {"characters": list(map(vars, row.characters)), "locations": list(map(vars, row.locations))}
    return {**vars(row), **cast}


def _scene_files(images: Sequence[SavedImage]) -> tuple[str, ...]:
    """Return one file for each scene that has any, in story order, in the preferred format."""
    files: dict[int, tuple[int, str]] = {}
    for image in images:
        if image.role is ImageRole.SCENE and image.key is not None and image.facts is not None:
            candidate = FORMAT_PREFERENCE.index(image.facts.format), image.key
            files[image.ordinal] = min(candidate, files.get(image.ordinal, candidate))
    return tuple(files[ordinal][1] for ordinal in sorted(files))


def _reference_files(images: Sequence[SavedImage], role: ImageRole) -> tuple[str, ...]:
    return tuple(
        image.key
        for image in sorted(images, key=lambda image: image.ordinal)
        if image.role is role and image.status is ImageStatus.OK and image.key is not None
    )


def _cast_entries(cast: Iterable[Cast]) -> tuple[CastEntry, ...]:
    return tuple(CastEntry(reference_id(entry.name), entry.name, entry.description) for entry in cast)


def _column_cost(cost_eur: Decimal | None) -> Decimal | None:
    """Return the cost to the micro-euro; None for an amount that no story can cost and the column cannot hold."""
    return None if cost_eur is None or cost_eur >= _COST_LIMIT else cost_eur.quantize(_MICRO)


def _compact_json(document: JsonObject) -> str:
    """Return JSON without spaces. Not the canonical form, which cannot hold the large integers a service may send."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _seed(storyboard: Storyboard) -> int | None:
    """Return the storyboard's own `seed` if it is an integer. The API does not document this field."""
    seed = (storyboard.model_extra or {}).get("seed")
    return seed if isinstance(seed, int) and not isinstance(seed, bool) else None
