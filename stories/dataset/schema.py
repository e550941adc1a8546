"""The two tables of the manifest, column by column, in types that every engine reads alike.

No timestamps in nanoseconds (Spark), no maps and UUIDs (Hugging Face), no unsigned or 16-bit numbers (Spark), JSON as
text. Evolution: a column is only ever added at the end, together with a new `SCHEMA_VERSION`, and every part is written
with the full schema; a value that cannot wait for a new version goes into `extra_json`. The descriptions are stored in
every part, so a changed word changes the bytes of parts.
"""

from enum import StrEnum
from typing import Literal

import pyarrow as pa

SCHEMA_VERSION = 1

_Column = tuple[str, pa.DataType, bool, str]

_TEXT = pa.string()
_TEXTS = pa.list_(pa.string())
_INSTANT = pa.timestamp("us", tz="UTC")
_CAST = pa.list_(pa.struct([("id", pa.string()), ("name", pa.string()), ("description", pa.string())]))
_ALWAYS, _MAYBE = False, True

_IMAGE_COLUMNS: tuple[_Column, ...] = (
    ("file_name", _TEXT, _MAYBE, "path below the root of the dataset; null when there is no file"),
    ("image_id", _TEXT, _ALWAYS, "story, role and number or reference, format; unique"),
    ("story_id", _TEXT, _ALWAYS, "identity of the story: hash of the storyboard and the sample number"),
    ("dataset_id", _TEXT, _ALWAYS, "identity of the dataset"),
    ("storyboard_sha256", _TEXT, _ALWAYS, "hash of the canonical storyboard; samples of one storyboard share it"),
    ("job_id", _TEXT, _MAYBE, "job at the service"),
    ("idempotency_key", _TEXT, _MAYBE, "key that was sent with the storyboard"),
    ("role", _TEXT, _ALWAYS, "scene, character_reference or location_reference"),
    ("scene_index", pa.int32(), _MAYBE, "position of a scene in its story, from 0"),
    ("character_id", _TEXT, _MAYBE, "character that a reference shows"),
    ("location_id", _TEXT, _MAYBE, "location that a reference shows"),
    ("character_ids", _TEXTS, _ALWAYS, "characters in a scene; empty when none are named"),
    ("prompt", _TEXT, _MAYBE, "text that the image was drawn from"),
    ("caption", _TEXT, _MAYBE, "text that says what the image shows, with names and style"),
    ("style", _TEXT, _MAYBE, "style of the story"),
    ("mime_type", _TEXT, _MAYBE, "media type of the stored bytes"),
    ("format", _TEXT, _MAYBE, "png, jpeg or webp: what the bytes are, or what was asked for when there are none"),
    ("width", pa.int32(), _MAYBE, "pixels, as decoded"),
    ("height", pa.int32(), _MAYBE, "pixels, as decoded"),
    ("size_bytes", pa.int64(), _MAYBE, "size of the stored file"),
    ("sha256", _TEXT, _MAYBE, "hash of the stored bytes, which are those that were served"),
    ("phash", pa.int64(), _MAYBE, "64-bit difference hash; near-duplicates differ in few bits"),
    ("has_c2pa", pa.bool_(), _MAYBE, "a C2PA manifest is in the file; its validity was not looked at"),
    ("status", _TEXT, _ALWAYS, "ok, failed or missing"),
    ("error_code", _TEXT, _MAYBE, "why there is no file"),
    ("error_message", _TEXT, _MAYBE, "the same in words"),
    ("ai_generated", pa.bool_(), _ALWAYS, "true: every image here is made by a model"),
    ("qa_flags", _TEXTS, _ALWAYS, "findings of the checks, such as blank, repeated_scene or near_dup"),
    (
        "char_similarity",
        pa.float32(),
        _MAYBE,
        "of a scene: the least of the similarities of its characters to their references, 0 to 1",
    ),
    ("style_similarity", pa.float32(), _MAYBE, "similarity of a scene to the other scenes of its story, 0 to 1"),
    ("created_at", _INSTANT, _MAYBE, "when the job was seen to be complete"),
    ("downloaded_at", _INSTANT, _MAYBE, "when the bytes were stored"),
    ("run_date", pa.date32(), _ALWAYS, "UTC date of the run; the partition dt says the same"),
    ("run_id", _TEXT, _ALWAYS, "run that committed the story"),
    ("batch_id", _TEXT, _ALWAYS, "batch that the row was committed in; part of the name of its file"),
    ("pipeline_version", _TEXT, _ALWAYS, "version of the program that wrote the row"),
    ("extra_json", _TEXT, _MAYBE, "reserved"),
)

_STORY_COLUMNS: tuple[_Column, ...] = (
    ("story_id", _TEXT, _ALWAYS, "identity of the story: hash of the storyboard and the sample number"),
    ("dataset_id", _TEXT, _ALWAYS, "identity of the dataset"),
    ("storyboard_sha256", _TEXT, _ALWAYS, "hash of the canonical storyboard; samples of one storyboard share it"),
    ("sample", pa.int32(), _ALWAYS, "number of the sample, from 0"),
    ("source_uris", _TEXTS, _ALWAYS, "where the storyboard was found; #n is a line or row"),
    ("job_id", _TEXT, _MAYBE, "job at the service"),
    ("idempotency_key", _TEXT, _MAYBE, "key that was sent with the storyboard"),
    ("attempt", pa.int32(), _ALWAYS, "how often the story was sent"),
    ("status", _TEXT, _ALWAYS, "completed, partial, failed or dead_letter"),
    ("error_code", _TEXT, _MAYBE, "why it is not completed"),
    ("error_message", _TEXT, _MAYBE, "the same in words"),
    ("title", _TEXT, _MAYBE, "title"),
    ("style", _TEXT, _MAYBE, "style"),
    ("n_scenes", pa.int32(), _ALWAYS, "scenes of the storyboard"),
    ("n_scenes_ok", pa.int32(), _ALWAYS, "scenes that have an image"),
    ("n_characters", pa.int32(), _ALWAYS, "characters of the storyboard"),
    ("n_locations", pa.int32(), _ALWAYS, "locations of the storyboard"),
    ("scene_file_names", _TEXTS, _ALWAYS, "one file for each scene that has an image, in order; PNG by preference"),
    ("character_file_names", _TEXTS, _ALWAYS, "reference images of the characters"),
    ("location_file_names", _TEXTS, _ALWAYS, "reference images of the locations"),
    ("characters", _CAST, _ALWAYS, "characters of the storyboard"),
    ("locations", _CAST, _ALWAYS, "locations of the storyboard"),
    ("cost", pa.decimal128(18, 6), _MAYBE, "what the service charged"),
    ("currency", _TEXT, _MAYBE, "of the cost"),
    ("cost_source", _TEXT, _MAYBE, "api: the job said so; quoted: from the price list"),
    ("submitted_at", _INSTANT, _MAYBE, "when the storyboard was sent"),
    ("completed_at", _INSTANT, _MAYBE, "when the job was seen to be complete"),
    ("committed_at", _INSTANT, _ALWAYS, "when the row was written"),
    ("queue_seconds", pa.float64(), _MAYBE, "from sent to first seen at work"),
    ("generate_seconds", pa.float64(), _MAYBE, "from first seen at work to complete"),
    ("download_seconds", pa.float64(), _MAYBE, "to fetch and store the images"),
    ("poll_count", pa.int32(), _ALWAYS, "how often the job was asked for"),
    ("request_json", _TEXT, _ALWAYS, "storyboard as it was sent"),
    ("response_json", _TEXT, _MAYBE, "last answer of the job, URLs without their query"),
    ("api_version", _TEXT, _MAYBE, "version of the API"),
    ("seed", pa.int64(), _MAYBE, "seed that the storyboard asked for"),
    ("run_date", pa.date32(), _ALWAYS, "UTC date of the run; the partition dt says the same"),
    ("run_id", _TEXT, _ALWAYS, "run that committed the story"),
    ("flow_run_id", _TEXT, _MAYBE, "Prefect flow run"),
    ("batch_id", _TEXT, _ALWAYS, "batch that the row was committed in; part of the name of its file"),
    ("pipeline_version", _TEXT, _ALWAYS, "version of the program that wrote the row"),
    ("schema_version", pa.int32(), _ALWAYS, "version of this table"),
    ("extra_json", _TEXT, _MAYBE, "reserved"),
)


class Table(StrEnum):
    """The tables of the manifest; the value is the name of the folder."""

    IMAGES = "images"
    STORIES = "stories"


def _schema(columns: tuple[_Column, ...]) -> pa.Schema:
    fields = [
        pa.field(name, kind, nullable=nullable, metadata={"description": description})
        for name, kind, nullable, description in columns
    ]
    return pa.schema(fields, metadata={"schema_version": str(SCHEMA_VERSION)})


SCHEMAS = {Table.IMAGES: _schema(_IMAGE_COLUMNS), Table.STORIES: _schema(_STORY_COLUMNS)}

SORT_ORDERS: dict[Table, list[tuple[str, Literal["ascending", "descending"]]]] = {
    Table.IMAGES: [
        ("story_id", "ascending"),
        ("role", "descending"),
        ("scene_index", "ascending"),
        ("image_id", "ascending"),
    ],
    Table.STORIES: [("story_id", "ascending")],
}
"""Order of the rows in a part: those of a story are adjacent, scenes in reading order before references."""


def described_columns(table: Table) -> list[tuple[str, str, str]]:
    """Return name, type and description of each column, as the card lists them."""
    return [
        (column.name, str(column.type), (column.metadata or {}).get(b"description", b"").decode())
        for column in SCHEMAS[table]
    ]
