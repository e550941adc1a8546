"""From the bytes of a request to a storyboard: what the studio accepts, and a reason for each field it does not."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from stories.api.wire import MAX_STORYBOARD_BYTES, Cast, ErrorCode, Scene, Storyboard
from stories.strict_json import JsonDocumentError, parse_json_object
from studio.errors import ApiProblem

MAX_SCENES = 50
MAX_CAST = 20
MAX_TEXT_CHARACTERS = 5_000
MAX_NAME_CHARACTERS = 200

# Something that is no white space, spelled out: `\s` is not the same characters in the regular expressions of Python,
# of pydantic and of a JSON Schema.
_NOT_BLANK = r"[^\t-\r \x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
_Prompt = Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS, pattern=_NOT_BLANK)]
_Name = Annotated[str, Field(max_length=MAX_NAME_CHARACTERS, pattern=_NOT_BLANK)]


class AcceptedScene(Scene):
    """A scene: what is to be seen, in words. Fields that are not named here are kept as they are."""

    prompt: _Prompt


class AcceptedCast(Cast):
    """A character or location: the same in every scene, for the same name and description."""

    name: _Name
    description: Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS)] | None = None


_Few = Annotated[list[AcceptedCast], Field(max_length=MAX_CAST)]
_Entries = Annotated[
    _Few, BeforeValidator(lambda entries: [] if entries is None else entries, json_schema_input_type=_Few | None)
]


class AcceptedStoryboard(Storyboard):
    """What a story is drawn from. Fields that are not named here are kept as they are."""

    scenes: Annotated[list[AcceptedScene], Field(min_length=1, max_length=MAX_SCENES)]  # type: ignore[assignment] # narrower
    title: Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)] | None = None
    characters: _Entries = Field(default_factory=list)  # type: ignore[assignment] # narrower; null reads as none
    locations: _Entries = Field(default_factory=list)  # type: ignore[assignment] # narrower; null reads as none
    aspect_ratio: Literal["1:1", "16:9", "9:16", "4:3", "3:4"] | None = None
    image_size: Literal["1K", "2K", "4K"] | None = None


@asynccontextmanager
async def in_time(seconds: float) -> AsyncIterator[None]:
    """A block that reads a body; raises `HTTPException` (408) when that takes longer, however the bytes trickle in."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as exc:
        raise HTTPException(408, f"The body did not arrive within {seconds:g} seconds.") from exc


async def body_chunks(request: Request, *, max_bytes: int) -> AsyncGenerator[bytes]:
    """The body as it arrives; raises `ApiProblem` (422) when it is too large."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_bytes:
            raise invalid("request", {"body": f"is larger than {max_bytes:,} bytes"})
        yield chunk


def read_storyboard(body: bytes) -> AcceptedStoryboard:
    """The storyboard that the bytes spell; raises `ApiProblem` (422) with the reason for each field."""
    try:
        document = parse_json_object(body, max_bytes=MAX_STORYBOARD_BYTES)
        json.dumps(document, ensure_ascii=False).encode()
    except JsonDocumentError as exc:
        raise invalid("storyboard", {"body": str(exc)}) from exc
    except UnicodeEncodeError as exc:
        raise invalid("storyboard", {"body": "holds half of a surrogate pair, which is no text"}) from exc
    try:
        return AcceptedStoryboard.model_validate(document)
    except ValidationError as exc:
        raise invalid("storyboard", _reasons(exc)) from exc


def invalid(subject: str, details: dict[str, str]) -> ApiProblem:
    """The refusal of something that is not valid: a reason for each field."""
    fields = ", ".join(list(details)[:3])
    return ApiProblem(ErrorCode.VALIDATION, f"The {subject} is not valid: see {fields}.", details)


def _reasons(error: ValidationError) -> dict[str, str]:
    """The first reason of each field; the marks that pydantic adds for the branches of a union name no field."""
    details: dict[str, str] = {}
    for reason in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in reason["loc"] if "[" not in str(part))
        blank = reason["type"] == "string_pattern_mismatch"
        details.setdefault(field or "body", "must not be blank" if blank else reason["msg"])
    return details
