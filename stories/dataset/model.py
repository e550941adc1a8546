"""What is known of a story once it is final: enough for its rows in both tables and the sidecar beside its images."""

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import JsonValue, TypeAdapter

from stories.api.wire import ImageFormat
from stories.dataset.images.verification import ImageFacts
from stories.storyboards.story import Story
from stories.strict_json import JsonObject, canonical_json

SIDECAR_SCHEMA_VERSION = 1

_SIGNED_URL = re.compile(r"(https?://[^\s?#]*)[?#]\S*", re.IGNORECASE)


class StoryStatus(StrEnum):
    """The final states of a story; only these are ever committed, and each story once."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    DEAD_LETTER = "dead_letter"


class ImageRole(StrEnum):
    """What an image shows."""

    SCENE = "scene"
    CHARACTER = "character_reference"
    LOCATION = "location_reference"


class ImageStatus(StrEnum):
    """`ok`: on the target; `failed`: served, but not usable or not to be had; `missing`: never served."""

    OK = "ok"
    FAILED = "failed"
    MISSING = "missing"


class CostSource(StrEnum):
    """Who named the cost: the job's own answer, or the price list before it was sent."""

    API = "api"
    QUOTED = "quoted"


@dataclass(frozen=True)
class SavedImage:
    """One image of a story, or the place of one that could not be had."""

    role: ImageRole
    ordinal: int
    """0-based: the scene's index, or the position among the references of this role."""
    status: ImageStatus
    asked_format: ImageFormat | None = None
    """The encoding that a scene was asked for in; `facts.format` is what came."""
    name: str | None = None
    """Of the character or location; None for a scene."""
    prompt: str | None = None
    character_names: tuple[str, ...] = ()
    """The characters in the scene."""
    key: str | None = None
    """Where the bytes are; set when, and only when, the status is ok, and so are `facts`."""
    facts: ImageFacts | None = None
    error_code: str | None = None
    error_message: str | None = None
    downloaded_at: datetime | None = None
    qa_flags: tuple[str, ...] = ()
    """What comparing it with others found, beside the flags of its facts: see `stories.dataset.quality`."""
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
    """A story in its final state, with every image that was asked for, each place and each key once.

    URLs in `response` and in error messages lose their query, and texts what UTF-8 cannot spell, when it is made.
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
    """What all rows of a commit share: which run of which program made them, into which dataset."""

    dataset_id: str
    run_id: str
    run_date: date
    pipeline_version: str
    flow_run_id: str | None = None
    api_version: str | None = None


def flags_of(image: SavedImage) -> list[str]:
    """Everything that the checks found of an image: by itself, and beside others."""
    return [*(image.facts.flags if image.facts is not None else ()), *image.qa_flags]


_SAVED_STORY = TypeAdapter(SavedStory)


def to_sidecar(saved: SavedStory) -> bytes:
    """The sidecar `story.json`: indented JSON with the storyboard as a document; equal stories give equal bytes."""
    document = _SAVED_STORY.dump_python(saved, mode="json")
    document["story"]["body"] = json.loads(saved.story.body)
    document["schema_version"] = SIDECAR_SCHEMA_VERSION
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode()


def from_sidecar(content: bytes) -> SavedStory:
    """The story that `to_sidecar` wrote, equal in every field. Raises `ValueError` for bytes that are no sidecar."""
    document = json.loads(content)
    match document:
        case {"schema_version": int(version), "story": {"body": dict(body)}} if version <= SIDECAR_SCHEMA_VERSION:
            document["story"]["body"] = canonical_json(body)
            return _SAVED_STORY.validate_python(document)
        case _:
            raise ValueError(f"no sidecar of schema version {SIDECAR_SCHEMA_VERSION} or older")


def stripped(document: JsonValue) -> JsonValue:
    """The document without the query and fragment of any http(s) URL in any text or key, so without signatures.

    What UTF-8 cannot spell (lone surrogates, which JSON allows) becomes `?`, for no file format could hold it.
    """
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
    return _spelled(_SIGNED_URL.sub(r"\1", text))


def _spelled(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _make_writable(record: SavedImage | SavedStory, *names: str) -> None:
    """Texts of the service may hold anything; one that cannot be written would stop the commit of its whole batch."""
    for name in names:
        text = getattr(record, name)
        if text is not None:
            object.__setattr__(record, name, _stripped_text(text) if name == "error_message" else _spelled(text))
