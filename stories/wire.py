"""What goes over HTTP, in both forms that are known of the Stories API; shared by the client and the studio.

Every model is frozen, ignores what it does not know, and is read from a document with `model_validate`.
Source of each rule: the published Stories page and the behaviour of the vendor's own client; where they differ, both
forms are accepted.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, field_validator

from stories.json_document import JsonObject

SUBMIT_PATH = "/v1/generate/story"
JOBS_PATH = "/v1/jobs"
PROFILE_PATH = "/v1/account/profile"
MODELS_PATH = "/v1/models"

MAX_ANSWER_BYTES = 8 * 1024 * 1024
MAX_STORYBOARD_BYTES = 1024 * 1024

_JOB_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,128}")


class ImageFormat(StrEnum):
    """The three encodings that a scene is delivered in; the value is the word of the API."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"

    @property
    def extension(self) -> str:
        """The file extension without a dot: `jpg` for JPEG, as the vendor's client names its files."""
        return "jpg" if self is ImageFormat.JPEG else self.value

    @property
    def mime_type(self) -> str:
        return f"image/{self.value}"


_FORMAT_WORDS = frozenset(ImageFormat.__members__.values())


class JobStatus(StrEnum):
    """A job's state. A word that is not known reads as `UNKNOWN`, which is not terminal: the poll goes on."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> "JobStatus":
        word = value.strip().lower() if isinstance(value, str) else ""
        return cls(word) if word in cls._value2member_map_ else cls.UNKNOWN

    @property
    def is_terminal(self) -> bool:
        return self in (JobStatus.COMPLETED, JobStatus.FAILED)


class ErrorCode(StrEnum):
    """The `error` word of an error body; `http_status` is the status that the service sends with it."""

    VALIDATION = "validation_error"
    AUTHENTICATION = "authentication_error"
    CREDITS = "insufficient_credits"
    MODEL = "model_not_allowed"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    CONTENT = "content_rejected"
    INTERNAL = "internal"

    @property
    def http_status(self) -> int:
        return _HTTP_STATUS[self]


_HTTP_STATUS: Mapping[ErrorCode, int] = {
    ErrorCode.VALIDATION: 422,
    ErrorCode.AUTHENTICATION: 401,
    ErrorCode.CREDITS: 402,
    ErrorCode.MODEL: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.CONTENT: 451,
    ErrorCode.INTERNAL: 500,
}


def is_job_id(text: object) -> bool:
    """Whether the value can be a job id: 1-128 of `A-Za-z0-9._-`, and no path of dots."""
    return isinstance(text, str) and _JOB_ID.fullmatch(text) is not None


def job_id_from_path(location: str) -> str | None:
    """The job id at the end of a poll path or `Location`, or None when there is none that is well formed."""
    last = location.split("?", 1)[0].split("#", 1)[0].rstrip("/").rsplit("/", 1)[-1]
    return last if f"{SUBMIT_PATH}/{last}" in location and is_job_id(last) else None


def eur_or_none(value: object) -> Decimal | None:
    """An amount in euros from a decimal string or number; None for what is missing, not finite, or negative."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


Eur = Annotated[Decimal | None, BeforeValidator(eur_or_none)]


def _list_or_empty(value: object) -> object:
    return [] if value is None else value


def _instant_or_none(value: object) -> datetime | None:
    """An ISO 8601 instant with an offset; a naive or malformed one is None, for it cannot be compared."""
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Scene(BaseModel):
    """One scene of a storyboard. Only the prompt is known to be required; every other field is passed through."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    prompt: str
    characters: list[str] | list[JsonObject] | None = None
    location: str | None = None


class Cast(BaseModel):
    """A character or a location of a storyboard: a name and what it looks like."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    name: str
    description: str | None = None


class Storyboard(BaseModel):
    """The input of a story. The smallest that is accepted is `{"scenes": [{"prompt": "…"}]}`; unknown fields stay."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    scenes: list[Scene] = Field(min_length=1)
    title: str | None = None
    style: JsonValue = None
    characters: list[Cast] = []
    locations: list[Cast] = []

    _no_list_is_empty = field_validator("characters", "locations", mode="before")(_list_or_empty)


class AcceptedJob(_Wire):
    """The body of a 202. `poll_url` may be missing; the URL to poll is built from the job id in any case."""

    job_id: str = Field(validation_alias=AliasChoices("job_id", "id"))
    poll_url: str | None = None
    status: JobStatus = JobStatus.PENDING


class SceneResult(_Wire):
    """A finished scene: its prompt and a signed, expiring URL for each format it is delivered in."""

    prompt: str | None = None
    images: dict[ImageFormat, str] = {}

    @classmethod
    def _known_images(cls, document: JsonObject) -> dict[str, str]:
        named = document.get("images")
        known = {
            name: url
            for name, url in (named.items() if isinstance(named, dict) else ())
            if name in _FORMAT_WORDS and isinstance(url, str)
        }
        single = document.get("image_url")
        return known if known or not isinstance(single, str) else {ImageFormat.PNG.value: single}

    @classmethod
    def from_document(cls, document: JsonObject) -> Self:
        """Both forms: `images: {png, jpeg, webp}`, which wins when both are there, and `image_url` (PNG)."""
        return cls.model_validate({"prompt": document.get("prompt"), "images": cls._known_images(document)})


class ReferenceResult(_Wire):
    """The reference image of a character or location that a completed story comes with."""

    name: str
    reference_url: str | None = None


def _scene_results(value: object) -> list[SceneResult | None]:
    """Scenes in story order; an entry that is no object is a scene that is not finished yet."""
    if not isinstance(value, list):
        return []
    return [SceneResult.from_document(entry) if isinstance(entry, dict) else None for entry in value]


class StoryResult(_Wire):
    """`result` of a poll: complete when the job is completed, the finished scenes only while it is processing."""

    title: str | None = None
    scenes: Annotated[list[SceneResult | None], BeforeValidator(_scene_results)] = []
    characters: Annotated[list[ReferenceResult], BeforeValidator(_list_or_empty)] = []
    locations: Annotated[list[ReferenceResult], BeforeValidator(_list_or_empty)] = []
    cost_eur: Eur = None
    balance_eur: Eur = None


class PollAnswer(_Wire):
    """The answer to a poll, in the page's form (`id`) or the client's (`job_id`)."""

    job_id: str | None = Field(default=None, validation_alias=AliasChoices("job_id", "id"))
    status: JobStatus
    scenes_completed: int | None = None
    scenes_total: int | None = None
    result: StoryResult | None = None
    error: JsonValue = None
    message: str | None = None


class ListedJob(_Wire):
    """An entry of the recent jobs."""

    job_id: str = Field(validation_alias=AliasChoices("job_id", "id"))
    status: JobStatus = JobStatus.UNKNOWN
    created_at: Annotated[datetime | None, BeforeValidator(_instant_or_none)] = None


class JobListing(_Wire):
    """`GET /v1/jobs`: recent jobs only, as `{"generations": […]}` or as a bare list."""

    generations: list[ListedJob]

    @classmethod
    def from_document(cls, document: JsonValue) -> Self:
        return cls.model_validate({"generations": document} if isinstance(document, list) else document)


class User(_Wire):
    email: str | None = None
    balance_eur: Eur = None
    held_eur: Eur = None


class Profile(_Wire):
    """`GET /v1/account/profile`. What can be spent is the balance less what is held for running jobs."""

    user: User

    @property
    def available_eur(self) -> Decimal | None:
        """Balance less held, in euros; None when the service did not say its balance."""
        if self.user.balance_eur is None:
            return None
        return self.user.balance_eur - (self.user.held_eur or Decimal(0))


class Model(_Wire):
    id: str
    name: str | None = None
    can_generate: bool = True
    can_edit: bool = False
    image_sizes: Annotated[list[str], BeforeValidator(_list_or_empty)] = []
    approximate_cost_eur: Eur = None


class ModelListing(_Wire):
    """`GET /v1/models`, as `{"models": […]}` or as a bare list."""

    models: list[Model]

    @classmethod
    def from_document(cls, document: JsonValue) -> Self:
        return cls.model_validate({"models": document} if isinstance(document, list) else document)


class ErrorBody(_Wire):
    """The body of an error: a code, a text for people, and for a validation error the reason of each field."""

    error: str
    message: str = ""
    details: dict[str, JsonValue] | None = None
    balance_eur: Eur = None
