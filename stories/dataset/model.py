"""A story in its final state: enough for its rows in both tables and for the sidecar beside its images."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import JsonValue, TypeAdapter

from stories.api.wire import ImageFormat
from stories.dataset.images.verification import ImageFacts
from stories.storyboards.story import Story
from stories.strict_json import JsonObject, canonical_json
from stories.text import cut_url_queries, replace_lone_surrogates

SIDECAR_SCHEMA_VERSION = 1

FORMAT_PREFERENCE = (ImageFormat.PNG, ImageFormat.JPEG, ImageFormat.WEBP)
"""Of a scene that has files in several formats, the first of these represents it."""


class StoryStatus(StrEnum):
    """The final states of a story; only these are ever committed, and each story once."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    DEAD_LETTER = "dead_letter"


class ImageRole(StrEnum):
    """The kinds of image by subject."""

    SCENE = "scene"
    CHARACTER = "character_reference"
    LOCATION = "location_reference"


class ImageStatus(StrEnum):
    """`ok`: on the target; `failed`: served, but unusable or impossible to fetch; `missing`: never served."""

    OK = "ok"
    FAILED = "failed"
    MISSING = "missing"


class CostSource(StrEnum):
    """The source of a cost: the job's own answer, or the price list before the story was sent."""

    API = "api"
    QUOTED = "quoted"


@dataclass(frozen=True)
class SavedImage:
    """One image of a story, or the place of an image that could not be fetched."""

    role: ImageRole
    ordinal: int
    """0-based: the scene's index, or the position among the references of this role."""
    status: ImageStatus
    asked_format: ImageFormat | None = None
    """The encoding that was requested for a scene; `facts.format` is the one that was served."""
    name: str | None = None
    """Of the character or location; None for a scene."""
    prompt: str | None = None
    character_names: tuple[str, ...] = ()
    """The characters in the scene."""
    key: str | None = None
    """Key of the bytes on the target. Key and `facts` are set if, and only if, the status is ok."""
    facts: ImageFacts | None = None
    error_code: str | None = None
    error_message: str | None = None
    downloaded_at: datetime | None = None
    qa_flags: tuple[str, ...] = ()
    """Flags from comparing it with other images; `facts.flags` are those of the image alone."""
    char_similarity: float | None = None
    style_similarity: float | None = None

    def __post_init__(self) -> None:
        _make_writable(self, "name", "prompt", "error_code", "error_message")
        is_ok = self.status is ImageStatus.OK
        if (self.key is not None) != is_ok or (self.facts is not None) != is_ok:
            raise ValueError(f"an image has a key and facts when, and only when, its status is ok: {self}")
        if (self.role is ImageRole.SCENE) != (self.name is None):
            raise ValueError(f"a reference has a name and a scene has none: {self}")


@dataclass(frozen=True)
class SavedStory:
    """A story in its final state, with every image that was requested; each place and each key occurs once.

    Creating one cuts the query off URLs in `response` and in error messages, and replaces lone surrogates in texts.
    """

    story: Story
    status: StoryStatus
    attempt: int
    idempotency_key: str | None
    job_id: str | None
    images: tuple[SavedImage, ...] = ()
    title: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    cost_eur: Decimal | None = None
    cost_source: CostSource | None = None
    submitted_at: datetime | None = None
    completed_at: datetime | None = None
    queue_seconds: float | None = None
    generate_seconds: float | None = None
    download_seconds: float | None = None
    poll_count: int = 0
    response: JsonObject | None = None
    """The job's last answer."""

    def __post_init__(self) -> None:
        _make_writable(self, "title", "error_code", "error_message")
        places = [(image.role, image.name or image.ordinal, image.asked_format) for image in self.images]
        keys = [image.key for image in self.images if image.key is not None]
        if len(set(places)) < len(places) or len(set(keys)) < len(keys):
            raise ValueError(
                f"story {self.story.story_id} has two images of one place or one key: each may be there once"
            )
        if self.response is not None:
            object.__setattr__(self, "response", _stripped_object(self.response))


@dataclass(frozen=True)
class Lineage:
    """The origin that all rows of a commit share: dataset, run, program."""

    dataset_id: str
    run_id: str
    run_date: date
    pipeline_version: str
    flow_run_id: str | None = None
    api_version: str | None = None


@dataclass(frozen=True)
class CommitStamp:
    """The columns that all rows of a commit share."""

    lineage: Lineage
    batch_id: str
    committed_at: datetime


def flags_of(image: SavedImage) -> list[str]:
    """Return all QA flags of an image: its own, then those from comparing it with others."""
    return [*(image.facts.flags if image.facts is not None else ()), *image.qa_flags]


_SAVED_STORY = TypeAdapter(SavedStory)


def to_sidecar(saved: SavedStory) -> bytes:
    """Return the sidecar `story.json`: indented JSON with the storyboard as an object. Equal stories: equal bytes."""
    document = _SAVED_STORY.dump_python(saved, mode="json")
    document["story"]["body"] = json.loads(saved.story.body)
    document["schema_version"] = SIDECAR_SCHEMA_VERSION
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode()


def from_sidecar(content: bytes) -> SavedStory:
    """Read the story that `to_sidecar` wrote, equal in every field. Raises `ValueError` for any other bytes."""
    document = json.loads(content)
    match document:
        case {"schema_version": int(version), "story": {"body": dict(body)}} if version <= SIDECAR_SCHEMA_VERSION:
            document["story"]["body"] = canonical_json(body)
            return _SAVED_STORY.validate_python(document)
        case _:
            raise ValueError(f"no sidecar of schema version {SIDECAR_SCHEMA_VERSION} or older")


def stripped(document: JsonValue) -> JsonValue:
    """Return the document with texts and keys fit to store: no signed URLs, no lone surrogates."""
    match document:
        case str():
            return _stripped_text(document)
        case list():
            return [stripped(value) for value in document]
        case dict():
            return _stripped_object(document)
        case _:
            return document


def _stripped_object(document: JsonObject) -> JsonObject:
    return {_stripped_text(key): stripped(value) for key, value in document.items()}


def _stripped_text(text: str) -> str:
    return replace_lone_surrogates(cut_url_queries(text))


def _make_writable(record: SavedImage | SavedStory, *names: str) -> None:
    """Replace texts that cannot be written: one of them would stop the commit of the whole batch."""
    for name in names:
        text = getattr(record, name)
        if text is not None:
            clean = _stripped_text(text) if name == "error_message" else replace_lone_surrogates(text)
            object.__setattr__(record, name, clean)
