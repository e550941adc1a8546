"""Models of the answers; the OpenAPI document is generated from them."""

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.json_schema import SkipJsonSchema

from stories.api.wire import ErrorCode

T = TypeVar("T")

# A field that an answer may omit, and that is never null.
Omissible = Annotated[T | SkipJsonSchema[None], Field(default=None, json_schema_extra=lambda s: s.pop("default", None))]
Euros = Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]{2,6}$", examples=["0.35"])]
Status = Literal["pending", "processing", "completed", "failed"]
Count = Annotated[int, Field(ge=0)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AcceptedBody(_Answer):
    """An accepted story. The seed form has `poll_url`, the client form `status`."""

    job_id: str
    poll_url: Omissible[str]
    status: Omissible[Literal["pending"]]


class ImagesBody(_Answer):
    """Signed URLs of a scene in its three formats."""

    png: str
    jpeg: str
    webp: str


class SceneBody(_Answer):
    """A finished scene. The seed form has `images`, the client form `image_url`, a PNG."""

    prompt: str
    images: Omissible[ImagesBody]
    image_url: Omissible[str]


class ReferenceBody(_Answer):
    """A character or location and the signed URL of its reference picture, a PNG."""

    name: str
    reference_url: str


class ResultBody(_Answer):
    """The finished scenes of a job; the other fields are present once the job is completed."""

    scenes: list[SceneBody]
    characters: Omissible[list[ReferenceBody]]
    title: str | None = None
    locations: Omissible[list[ReferenceBody]]
    cost_eur: Omissible[Euros]
    balance_eur: Omissible[Euros]


class _Outcome(_Answer):
    status: Status
    result: Omissible[ResultBody]
    error: Omissible[str]
    message: Omissible[str]


class PollBody(_Outcome):
    """The progress of a job. The seed form has `id`, the client form `job_id`."""

    scenes_completed: Count
    scenes_total: Count
    id: Omissible[str]
    job_id: Omissible[str]


class JobBody(_Outcome):
    """One job of the listing."""

    job_id: str


class ListedJobBody(_Answer):
    """An entry of the listing."""

    job_id: str
    status: Status
    created_at: Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class ListingBody(_Answer):
    """The account's recent jobs, newest first."""

    generations: list[ListedJobBody]


class UserBody(_Answer):
    """The account of the key and its money; `held_eur` is the price of the unfinished jobs."""

    email: str
    balance_eur: Euros
    held_eur: Euros


class ProfileBody(_Answer):
    """The account."""

    user: UserBody


class ModelBody(_Answer):
    """A model; the cost is that of one scene."""

    id: str
    name: str
    can_generate: bool
    can_edit: bool
    image_sizes: list[str]
    approximate_cost_eur: Euros


class ModelsBody(_Answer):
    """The models that the account can use."""

    models: list[ModelBody]


class UploadBody(_Answer):
    """The signed URL of an uploaded image, valid without a key for as long as every image URL."""

    upload_url: str


class RefusalBody(_Answer):
    """The reason of a refusal; `details` has a reason for each field, `balance_eur` comes with a 402."""

    error: Annotated[str, Field(examples=[code.value for code in ErrorCode])]
    message: str
    details: Omissible[dict[str, str]]
    balance_eur: Omissible[Euros]


_REFUSED = {
    401: "The API key is missing or wrong.",
    402: "The account's balance, less the price of its running stories, does not pay for this story.",
    404: "The account has no such object.",
    409: "The `Idempotency-Key` was used before.",
    408: "The body did not arrive in time.",
    422: "The request is not valid; `details` has a reason for each field.",
    429: "Too many requests a minute, or too many waiting stories; send again after `Retry-After` seconds.",
    451: "The storyboard breaks the content policy.",
    503: "The studio cannot write at the moment, and nothing was done; send again after `Retry-After` seconds.",
}
_EVERYWHERE = (401, 429, 503)


def refusals(*statuses: int) -> dict[int | str, dict[str, JsonValue | type[BaseModel]]]:
    """Return the OpenAPI entries of an operation's refusals: `statuses`, and those of every operation with a key."""
    return {
        status: {"model": RefusalBody, "description": _REFUSED[status]} for status in sorted({*_EVERYWHERE, *statuses})
    }
