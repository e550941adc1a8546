"""From the bytes of a request to a storyboard: what the studio accepts, and a reason for each field it does not."""

import json
from collections.abc import Iterator, Sequence

from pydantic import ValidationError
from starlette.requests import Request

from stories.json_document import JsonDocumentError, parse_json_object
from stories.wire import MAX_STORYBOARD_BYTES, Cast, ErrorCode, Storyboard
from studio.errors import ApiProblem

MAX_SCENES = 50
MAX_CAST = 20
MAX_TEXT_CHARACTERS = 5_000
MAX_NAME_CHARACTERS = 200


async def read_body(request: Request) -> bytes:
    """The whole body; raises `ApiProblem` when it is larger than a storyboard may be."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_STORYBOARD_BYTES:
            raise _invalid({"body": f"is larger than {MAX_STORYBOARD_BYTES:,} bytes"})
    return bytes(content)


def read_storyboard(body: bytes) -> Storyboard:
    """The storyboard that the bytes spell; raises `ApiProblem` (422) with the reason for each field."""
    try:
        document = parse_json_object(body, max_bytes=MAX_STORYBOARD_BYTES)
        json.dumps(document, ensure_ascii=False).encode()
    except JsonDocumentError as exc:
        raise _invalid({"body": str(exc)}) from exc
    except UnicodeEncodeError as exc:
        raise _invalid({"body": "holds half of a surrogate pair, which is no text"}) from exc
    try:
        storyboard = Storyboard.model_validate(document)
    except ValidationError as exc:
        raise _invalid(_reasons(exc)) from exc
    if details := dict(_beyond_limits(storyboard)):
        raise _invalid(details)
    return storyboard


def _invalid(details: dict[str, str]) -> ApiProblem:
    fields = ", ".join(list(details)[:3])
    return ApiProblem(ErrorCode.VALIDATION, f"The storyboard is not valid: see {fields}.", details)


def _reasons(error: ValidationError) -> dict[str, str]:
    """The first reason of each field; the marks that pydantic adds for the branches of a union name no field."""
    details: dict[str, str] = {}
    for reason in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in reason["loc"] if "[" not in str(part))
        details.setdefault(field or "body", reason["msg"])
    return details


def _beyond_limits(storyboard: Storyboard) -> Iterator[tuple[str, str]]:
    if len(storyboard.scenes) > MAX_SCENES:
        yield "scenes", f"are more than {MAX_SCENES}"
    for index, scene in enumerate(storyboard.scenes):
        yield from _text_limits(f"scenes.{index}.prompt", scene.prompt, MAX_TEXT_CHARACTERS)
    if storyboard.title is not None and len(storyboard.title) > MAX_NAME_CHARACTERS:
        yield "title", f"is longer than {MAX_NAME_CHARACTERS} characters"
    yield from _cast_limits("characters", storyboard.characters)
    yield from _cast_limits("locations", storyboard.locations)


def _cast_limits(field: str, cast: Sequence[Cast]) -> Iterator[tuple[str, str]]:
    if len(cast) > MAX_CAST:
        yield field, f"are more than {MAX_CAST}"
    for index, entry in enumerate(cast):
        yield from _text_limits(f"{field}.{index}.name", entry.name, MAX_NAME_CHARACTERS)
        if len(entry.description or "") > MAX_TEXT_CHARACTERS:
            yield f"{field}.{index}.description", f"is longer than {MAX_TEXT_CHARACTERS:,} characters"


def _text_limits(field: str, text: str, max_characters: int) -> Iterator[tuple[str, str]]:
    if not text.strip():
        yield field, "must not be blank"
    elif len(text) > max_characters:
        yield field, f"is longer than {max_characters:,} characters"
