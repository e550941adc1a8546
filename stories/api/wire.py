"""Documents of the Stories API over HTTP, shared by the client and the studio.

Every model is frozen, ignores unknown fields, and is read from a document with `model_validate`.
Source of each rule: the published Stories page and the behaviour of the vendor's own client; where they differ, both
forms are accepted.
"""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from stories.api.amounts import Eur
from stories.strict_json import JsonObject

SUBMIT_PATH = "/v1/generate/story"
JOBS_PATH = "/v1/jobs"
PROFILE_PATH = "/v1/account/profile"
MODELS_PATH = "/v1/models"

MAX_ANSWER_BYTES = 8 * 1024 * 1024
MAX_STORYBOARD_BYTES = 1024 * 1024

_JOB_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,128}")


class ImageFormat(StrEnum):
    """The three encodings of a delivered scene; the value is the word of the API."""

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


class JobStatus(StrEnum):
    """A job's status. An unknown word is read as `UNKNOWN`, which is not terminal: polling continues."""

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


_HTTP_STATUS = dict(zip(ErrorCode, (422, 401, 402, 403, 404, 429, 451, 500), strict=True))


def is_job_id(text: object) -> bool:
    """Return True for a valid job id: 1-128 characters of `A-Za-z0-9._-`, but not `.` or `..`."""
    return isinstance(text, str) and _JOB_ID.fullmatch(text) is not None


def job_id_from_path(location: str) -> str | None:
    """Return the job id at the end of a poll path or `Location`; None without a valid one."""
    path = location.split("?", 1)[0].split("#", 1)[0].rstrip("/")
    last = path.rsplit("/", 1)[-1]
    return last if path.endswith(f"{SUBMIT_PATH}/{last}") and is_job_id(last) else None


def _instant_or_none(value: object) -> datetime | None:
    """Return an ISO 8601 instant with an offset; None for a naive or malformed one, which cannot be compared."""
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return instant if instant is not None and instant.tzinfo is not None else None


def _or(default: object, kind: type | UnionType) -> BeforeValidator:
    """Return a validator that replaces values of another type with the default."""
    return BeforeValidator(lambda value: value if isinstance(value, kind) else default)


def _list_as(name: str) -> Callable[[JsonValue], JsonValue]:
    """Return a function that wraps a bare list in an object, under the name."""
    return lambda document: {name: document} if isinstance(document, list) else document


def _entries(value: object) -> list[object]:
    """Return the entries of a list in order, None for each that is no object; no entries for another value."""
    entries = value if isinstance(value, list) else []
    return [entry if isinstance(entry, dict | BaseModel) else None for entry in entries]


def _objects(value: object) -> list[object]:
    return [entry for entry in _entries(value) if entry is not None]


Text = Annotated[str | None, _or(None, str)]
Count = Annotated[int | None, _or(None, int)]
_null_is_empty = BeforeValidator(lambda value: [] if value is None else value)


class _Input(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", strict=True)


class _Wire(BaseModel):
    # An answer holds signed URLs, so the text of a validation error must not show it.
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True)


class Scene(_Input):
    """One scene of a storyboard. Only the prompt is known to be required; every other field is passed through."""

    prompt: str
    characters: list[str] | list[JsonObject] | None = None
    location: str | None = None


class Cast(_Input):
    """A character or a location of a storyboard: a name and a description of its looks."""

    name: str
    description: str | None = None


class Storyboard(_Input):
    """The input of a story. The smallest valid one is `{"scenes": [{"prompt": "…"}]}`; unknown fields are kept."""

    scenes: list[Scene] = Field(min_length=1)
    title: str | None = None
    style: JsonValue = None
    characters: Annotated[list[Cast], _null_is_empty] = []
    locations: Annotated[list[Cast], _null_is_empty] = []


class AcceptedJob(_Wire):
    """The body of a 202. `poll_url` may be missing; the poller always builds its URL from the job id."""

    job_id: Text = Field(default=None, validation_alias=AliasChoices("job_id", "id"))
    poll_url: Text = None


class SceneResult(_Wire):
    """A finished scene with expiring URLs, from `images: {png, jpeg, webp}` or else from `image_url` (PNG)."""

    prompt: Text = None
    images: dict[ImageFormat, str] = {}

    @model_validator(mode="before")
    @classmethod
    def _known_images(cls, document: JsonObject) -> JsonObject:
        named, single = document.get("images"), document.get("image_url")
        offered = named.items() if isinstance(named, dict) else ()
        known: JsonObject = {
            name: url for name, url in offered if name in ImageFormat.__members__.values() and isinstance(url, str)
        }
        if not known and isinstance(single, str):
            known = {ImageFormat.PNG: single}
        return {**document, "images": known}


class ReferenceResult(_Wire):
    """The reference image of a character or location in a completed story; its name may be empty."""

    name: Annotated[str, _or("", str)] = ""
    reference_url: Text = None


class StoryResult(_Wire):
    """The `result` of a poll: everything when the job is completed, finished scenes only while it is processing."""

    title: Text = None
    scenes: Annotated[list[SceneResult | None], BeforeValidator(_entries)] = []
    characters: Annotated[list[ReferenceResult], BeforeValidator(_objects)] = []
    locations: Annotated[list[ReferenceResult], BeforeValidator(_objects)] = []
    cost_eur: Eur = None
    balance_eur: Eur = None


class PollAnswer(_Wire):
    """The answer to a poll. Malformed fields beside the status read as missing, because the job is paid anyway."""

    job_id: Text = Field(default=None, validation_alias=AliasChoices("job_id", "id"))
    status: JobStatus
    scenes_completed: Count = None
    scenes_total: Count = None
    result: Annotated[StoryResult | None, _or(None, dict | BaseModel)] = None
    error: JsonValue = None
    message: Text = None


class ListedJob(_Wire):
    """An entry of the recent jobs."""

    job_id: str = Field(validation_alias=AliasChoices("job_id", "id"))
    status: JobStatus = JobStatus.UNKNOWN
    created_at: Annotated[datetime | None, BeforeValidator(_instant_or_none)] = None


class JobListing(_Wire):
    """`GET /v1/jobs`: recent jobs only, as `{"generations": […]}` or as a bare list."""

    generations: list[ListedJob]

    _both_forms = model_validator(mode="before")(_list_as("generations"))


class User(_Wire):
    """The account of a key, with its money in euros; missing values are None."""

    email: Text = None
    balance_eur: Eur = None
    held_eur: Eur = None


class Profile(_Wire):
    """`GET /v1/account/profile`. The money available is the balance minus the amount held for running jobs."""

    user: User

    @property
    def available_eur(self) -> Decimal | None:
        """Balance minus held amount, in euros; None when the service gave no balance."""
        if self.user.balance_eur is None:
            return None
        return self.user.balance_eur - (self.user.held_eur or Decimal(0))


class Model(_Wire):
    """An image model; the cost is the service's own estimate for one image, in euros."""

    id: str
    name: str | None = None
    can_generate: bool = True
    can_edit: bool = False
    image_sizes: Annotated[list[str], _or([], list)] = []
    approximate_cost_eur: Eur = None


class ModelListing(_Wire):
    """`GET /v1/models`, as `{"models": […]}` or as a bare list."""

    models: list[Model]

    _both_forms = model_validator(mode="before")(_list_as("models"))


class ErrorBody(_Wire):
    """The body of an error: a code, a text for people, and the reason for each field of a validation error."""

    error: str
    message: Annotated[str, _or("", str)] = ""
    details: Annotated[dict[str, JsonValue] | None, _or(None, dict | BaseModel)] = None
    balance_eur: Eur = None
