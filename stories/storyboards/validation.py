"""Validation of storyboards: each problem with its field, its reason and its fix."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from stories.api.wire import MAX_STORYBOARD_BYTES, Storyboard
from stories.strict_json import JsonDocumentError, JsonObject, canonical_json, name_of_type

MAX_SCENES = 200
MAX_PROMPT_CHARACTERS = 20_000
MAX_PROBLEMS = 20

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_CONTROL_OR_SURROGATE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_EXPECTED = {"string_type": "a text", "list_type": "a list", "model_type": "an object", "dict_type": "an object"}
_LEAVE_OUT = "write it as a text in quotes, or leave it out"
_CAST = 'write {"name": "…", "description": "…"}'
_FIXES = {
    "scenes": 'give at least one scene: {"scenes": [{"prompt": "…"}]}',
    "scenes[]": 'write each scene as {"prompt": "…"}',
    "scenes[].prompt": "say in words what the scene shows",
    "scenes[].characters": "list the names of the characters that the scene shows",
    "scenes[].location": _LEAVE_OUT,
    "title": _LEAVE_OUT,
    "characters": f"for each character {_CAST}",
    "characters[]": _CAST,
    "characters[].name": "name the character",
    "characters[].description": _LEAVE_OUT,
    "locations": f"for each location {_CAST}",
    "locations[]": _CAST,
    "locations[].name": "name the location",
    "locations[].description": _LEAVE_OUT,
}


@dataclass(frozen=True)
class Problem:
    """A reason why a storyboard cannot be sent, with its fix.

    `field` is a path such as `scenes[2].prompt`; the empty text means the whole document.
    """

    field: str
    reason: str
    fix: str

    def __str__(self) -> str:
        return f"{self.field or 'the storyboard'} {self.reason}: {self.fix}"


def find_problems(document: JsonObject) -> list[Problem]:
    """Return the first 20 problems of a storyboard; one without problems can be sent. Unknown fields are allowed."""
    found = [
        *_shape_problems(document),
        *_scene_problems(document.get("scenes")),
        *_name_problems("characters", document.get("characters")),
        *_name_problems("locations", document.get("locations")),
        *(problem for field, text in _texts("", document) for problem in _text_problems(field, text)),
    ]
    return list(dict.fromkeys(found or _body_problems(document)))[:MAX_PROBLEMS]


def _shape_problems(document: JsonObject) -> list[Problem]:
    try:
        Storyboard.model_validate(document)
    except ValidationError as exc:
        return [_in_plain_words(error, document) for error in exc.errors(include_url=False)]
    return []


def _in_plain_words(error: ErrorDetails, document: JsonObject) -> Problem:
    field, is_complete = _located(error["loc"], document)
    if not is_complete:
        reason = "must be a list of names, or a list of objects"
    elif error["type"] in _EXPECTED:
        reason = f"must be {_EXPECTED[error['type']]}, not {name_of_type(error['input'])}"
    else:
        reason = {"missing": "is missing", "too_short": "is empty"}.get(error["type"], error["msg"])
    return Problem(field, reason, _FIXES.get(re.sub(r"\[\d+\]", "[]", field), "see `depicta storyboard schema`"))


def _located(steps: tuple[int | str, ...], document: JsonValue) -> tuple[str, bool]:
    """Return the path of an error, and True if it is complete; it ends early where a step names a branch of a union."""
    field = ""
    for step in steps:
        if isinstance(step, int) and isinstance(document, list):
            field, document = f"{field}[{step}]", document[step]
        elif isinstance(step, str) and isinstance(document, dict):
            field, document = _joined(field, step), document.get(step)
        else:
            return field, False
    return field, True


def _joined(field: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        return f"{field}[{json.dumps(key[:40])}]"
    return f"{field}.{key}" if field else key


def _scene_problems(scenes: JsonValue) -> Iterator[Problem]:
    if not isinstance(scenes, list):
        return
    if len(scenes) > MAX_SCENES:
        yield Problem("scenes", f"has {len(scenes):,} scenes, {MAX_SCENES} are allowed", "split it into storyboards")
    for index, scene in enumerate(scenes):
        prompt = scene.get("prompt") if isinstance(scene, dict) else None
        if not isinstance(prompt, str):
            continue
        field = f"scenes[{index}].prompt"
        if not prompt.strip():
            yield Problem(field, "is blank", _FIXES["scenes[].prompt"])
        elif len(prompt) > MAX_PROMPT_CHARACTERS:
            reason = f"has {len(prompt):,} characters, {MAX_PROMPT_CHARACTERS:,} are allowed"
            yield Problem(field, reason, "shorten it, or split the scene")


def _name_problems(field: str, cast: JsonValue) -> Iterator[Problem]:
    """Yield a problem for each repeated name, because results come back by name."""
    first_places: dict[str, int] = {}
    for index, member in enumerate(cast if isinstance(cast, list) else ()):
        name = member.get("name") if isinstance(member, dict) else None
        if isinstance(name, str) and (first := first_places.setdefault(name, index)) != index:
            yield Problem(f"{field}[{index}].name", f"is also the name of {field}[{first}]", "give each its own name")


def _texts(field: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    """Yield every text of a document, keys included, with its path."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(f"{field}[{index}]", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            path = _joined(field, key)
            yield path, key
            yield from _texts(path, item)


def _text_problems(field: str, text: str) -> Iterator[Problem]:
    match = _CONTROL_OR_SURROGATE.search(text)
    if match is None:
        return
    code = f"U+{ord(match.group()):04X}"
    if match.group() >= "\ud800":
        yield Problem(field, f"holds half of a character, {code}, at {match.start()}", "write the whole character")
    else:
        yield Problem(field, f"holds the control character {code} at {match.start()}", "remove it")


def _body_problems(document: JsonObject) -> list[Problem]:
    try:
        size_bytes = len(canonical_json(document))
    except JsonDocumentError as exc:
        return [Problem("", str(exc)[:200], "write large numbers as texts")]
    if size_bytes <= MAX_STORYBOARD_BYTES:
        return []
    return [Problem("", f"has {size_bytes:,} bytes, {MAX_STORYBOARD_BYTES:,} are allowed", "shorten it")]
