"""The storyboards that the studio accepts: their limits, its content policy, the size and the input of their drawing.

Two marks in a prompt let a rehearsal meet what real content may meet. `[[reject]]` in any prompt refuses the storyboard
with 451. `[[fail]]` fails the job at that scene, after the scenes before it are drawn, without a charge. The policy
allows everything else.
"""

import json
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError

from illustrator import storyboard as illustrator
from stories.api.wire import MAX_STORYBOARD_BYTES, Cast, ErrorCode, Scene, Storyboard
from stories.strict_json import JsonDocumentError, parse_json_object
from studio.errors import ApiProblem, JobFailed, invalid

MAX_SCENES = 50
MAX_CAST = 20
MAX_TEXT_CHARACTERS = 5_000
MAX_NAME_CHARACTERS = 200
LONG_SIDES = {"1K": 1024, "2K": 2048, "4K": 2048}
"""Pixels of the longer side for each `image_size`; the illustrator draws at most 2048."""
REJECT_MARK = "[[reject]]"
FAIL_MARK = "[[fail]]"

_SIDE_MULTIPLE = 16  # pixels; image models round the sides of their pictures so
# Any character but white space, spelled out because `\s` differs between the regular expressions of Python, of pydantic
# and of a JSON Schema.
_NOT_BLANK = r"[^\t-\r \x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
_Prompt = Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS, pattern=_NOT_BLANK)]
_Name = Annotated[str, Field(max_length=MAX_NAME_CHARACTERS, pattern=_NOT_BLANK)]


class AcceptedScene(Scene):
    """A scene, described by its prompt. Other fields are kept unchanged."""

    prompt: _Prompt


class AcceptedCast(Cast):
    """A character or a location. The same name and description give the same look in every scene."""

    name: _Name
    description: Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS)] | None = None


_Few = Annotated[list[AcceptedCast], Field(max_length=MAX_CAST)]
_Entries = Annotated[
    _Few, BeforeValidator(lambda entries: [] if entries is None else entries, json_schema_input_type=_Few | None)
]


class AcceptedStoryboard(Storyboard):
    """The input of a story. Other fields are kept unchanged."""

    scenes: Annotated[list[AcceptedScene], Field(min_length=1, max_length=MAX_SCENES)]  # type: ignore[assignment] # narrower
    title: Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)] | None = None
    characters: _Entries = Field(default_factory=list)  # type: ignore[assignment] # narrower; null reads as empty
    locations: _Entries = Field(default_factory=list)  # type: ignore[assignment] # narrower; null reads as empty
    aspect_ratio: Literal["1:1", "16:9", "9:16", "4:3", "3:4"] | None = None
    image_size: Literal["1K", "2K", "4K"] | None = None


def read_storyboard(body: bytes) -> AcceptedStoryboard:
    """Return the storyboard of a request's body; raises `ApiProblem` (422) with the reason for each field."""
    try:
        document = parse_json_object(body, max_bytes=MAX_STORYBOARD_BYTES)
        json.dumps(document, ensure_ascii=False).encode()
    except JsonDocumentError as exc:
        raise invalid("storyboard", {"body": str(exc)}) from exc
    except UnicodeEncodeError as exc:
        raise invalid("storyboard", {"body": "holds half of a surrogate pair, which is not text"}) from exc
    try:
        return AcceptedStoryboard.model_validate(document)
    except ValidationError as exc:
        raise invalid("storyboard", _reasons(exc)) from exc


def refuse_content(storyboard: Storyboard) -> None:
    """Raise `ApiProblem` (451) when a prompt breaks the content policy."""
    details = {
        f"scenes.{index}.prompt": f"{REJECT_MARK} is not accepted"
        for index, scene in enumerate(storyboard.scenes)
        if REJECT_MARK in scene.prompt
    }
    if details:
        raise ApiProblem(ErrorCode.CONTENT, "The storyboard breaks the content policy.", details)


def check_drawable(scene: Scene) -> None:
    """Raise `JobFailed` when the prompt marks the scene as one that cannot be drawn."""
    if FAIL_MARK in scene.prompt:
        raise JobFailed(ErrorCode.INTERNAL, f"A scene could not be drawn: its prompt holds {FAIL_MARK}.")


def scene_size(storyboard: AcceptedStoryboard, default: tuple[int, int]) -> tuple[int, int]:
    """Return width and height in pixels of the storyboard's scenes; `default` when it asks for no size."""
    ratio, size = storyboard.aspect_ratio, storyboard.image_size
    if ratio is None and size is None:
        return default
    across, down = map(int, (ratio or "1:1").split(":"))
    long_side = LONG_SIDES.get(size or "", max(default))
    return _rounded(long_side * across / max(across, down)), _rounded(long_side * down / max(across, down))


def illustrator_storyboard(storyboard: Storyboard) -> illustrator.Storyboard:
    """Return the storyboard as the illustrator's own input; the only place that knows both models."""
    return illustrator.Storyboard(
        scenes=tuple(
            illustrator.Scene(scene.prompt, tuple(_listed_cast(scene)), scene.location) for scene in storyboard.scenes
        ),
        title=storyboard.title or "",
        style=storyboard.style,
        characters=tuple(_cast_member(entry) for entry in storyboard.characters),
        locations=tuple(_cast_member(entry) for entry in storyboard.locations),
    )


def _cast_member(entry: Cast) -> illustrator.CastMember:
    return illustrator.CastMember(entry.name, entry.description or "")


def _listed_cast(scene: Scene) -> Iterator[illustrator.CastMember]:
    """Yield the characters that the scene lists, as names or as objects; entries without a name are left out."""
    for entry in scene.characters or ():
        name, description = (entry, None) if isinstance(entry, str) else (entry.get("name"), entry.get("description"))
        if isinstance(name, str) and name.strip():
            yield illustrator.CastMember(name, description if isinstance(description, str) else "")


def _rounded(pixels: float) -> int:
    return max(_SIDE_MULTIPLE, round(pixels / _SIDE_MULTIPLE) * _SIDE_MULTIPLE)


def _reasons(error: ValidationError) -> dict[str, str]:
    """Return the first reason of each field, without the parts that pydantic adds to a path for a union's branches."""
    details: dict[str, str] = {}
    for reason in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in reason["loc"] if "[" not in str(part))
        blank = reason["type"] == "string_pattern_mismatch"
        details.setdefault(field or "body", "must not be blank" if blank else reason["msg"])
    return details
