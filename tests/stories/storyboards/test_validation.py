"""Every problem names its field, its reason and what to do."""

import pytest

from stories.api.wire import MAX_STORYBOARD_BYTES
from stories.storyboards.validation import MAX_PROBLEMS, Problem, find_problems
from stories.strict_json import JsonObject

SCENE: JsonObject = {"prompt": "Olive sits on a crate."}
SAY = "say in words what the scene shows"
NAMES = "list the names of the characters that the scene shows"

PROBLEMS: list[tuple[JsonObject, str]] = [
    ({}, 'scenes is missing: give at least one scene: {"scenes": [{"prompt": "…"}]}'),
    ({"scenes": []}, 'scenes is empty: give at least one scene: {"scenes": [{"prompt": "…"}]}'),
    ({"scenes": {}}, 'scenes must be a list, not an object: give at least one scene: {"scenes": [{"prompt": "…"}]}'),
    ({"scenes": ["a"]}, 'scenes[0] must be an object, not a text: write each scene as {"prompt": "…"}'),
    ({"scenes": [SCENE, {}]}, f"scenes[1].prompt is missing: {SAY}"),
    ({"scenes": [{"prompt": 3}]}, f"scenes[0].prompt must be a text, not a number: {SAY}"),
    ({"scenes": [{"prompt": None}]}, f"scenes[0].prompt must be a text, not null: {SAY}"),
    ({"scenes": [{"prompt": " \n\t\u3000"}]}, f"scenes[0].prompt is blank: {SAY}"),
    (
        {"scenes": [{"prompt": "x" * 20_001}]},
        "scenes[0].prompt has 20,001 characters, 20,000 are allowed: shorten it, or split the scene",
    ),
    ({"scenes": [SCENE] * 201}, "scenes has 201 scenes, 200 are allowed: split it into storyboards"),
    (
        {"scenes": [{**SCENE, "characters": ["Olive", 3]}]},
        f"scenes[0].characters must be a list of names, or a list of objects: {NAMES}",
    ),
    (
        {"scenes": [{**SCENE, "location": ["sea"]}]},
        "scenes[0].location must be a text, not a list: write it as a text in quotes, or leave it out",
    ),
    (
        {"scenes": [SCENE], "title": 5},
        "title must be a text, not a number: write it as a text in quotes, or leave it out",
    ),
    (
        {"scenes": [SCENE], "characters": ["Olive"]},
        'characters[0] must be an object, not a text: write {"name": "…", "description": "…"}',
    ),
    (
        {"scenes": [SCENE], "characters": [{"description": "a cat"}]},
        "characters[0].name is missing: name the character",
    ),
    (
        {"scenes": [SCENE], "characters": [{"name": "Olive"}, {"name": "Bo"}, {"name": "Olive"}]},
        "characters[2].name is also the name of characters[0]: give each its own name",
    ),
    (
        {"scenes": [SCENE], "locations": [{"name": "Sea"}, {"name": "Sea"}]},
        "locations[1].name is also the name of locations[0]: give each its own name",
    ),
    (
        {"scenes": [{"prompt": "a\x00b"}]},
        "scenes[0].prompt holds the control character U+0000 at 1: remove it",
    ),
    (
        {"scenes": [SCENE], "style": {"notes": ["\x1b[31m"]}},
        "style.notes[0] holds the control character U+001B at 0: remove it",
    ),
    ({"scenes": [{"prompt": "a\x85"}]}, "scenes[0].prompt holds the control character U+0085 at 1: remove it"),
    ({"scenes": [SCENE], "a\x07": 1}, '["a\\u0007"] holds the control character U+0007 at 1: remove it'),
    (
        {"scenes": [{"prompt": "cat \ud83d"}]},
        "scenes[0].prompt holds half of a character, U+D83D, at 4: write the whole character",
    ),
    (
        {"scenes": [SCENE], "x": "y" * MAX_STORYBOARD_BYTES},
        "the storyboard has 1,048,631 bytes, 1,048,576 are allowed: shorten it",
    ),
    (
        {"scenes": [SCENE], "seed": 2**60},
        (
            "the storyboard cannot be written as canonical JSON: 1152921504606846976 exceeds safe integer domain"
            " for JSON floats: write large numbers as texts"
        ),
    ),
]

ACCEPTED: list[JsonObject] = [
    {"scenes": [SCENE]},
    {"scenes": [{"prompt": "x" * 20_000}] * 50},
    {"scenes": [SCENE] * 200},
    {"scenes": [{"prompt": "tab\tline\r\nend"}]},
    {"scenes": [{"prompt": "\u202eright to left\u202c, zero\u200bwidth"}]},
    {"scenes": [SCENE], "title": None, "style": None, "characters": None, "locations": None},
    {"scenes": [{**SCENE, "characters": [{"name": "Olive"}], "camera": {"angle": 3.5}}], "model": "m", "seed": 7},
    {"scenes": [SCENE], "id": "../x", "title": "=cmd|'/c calc'!A1"},
]


@pytest.mark.parametrize(("document", "message"), PROBLEMS)
def test_a_problem_reads_as_field_reason_and_fix(document: JsonObject, message: str) -> None:
    assert [str(problem) for problem in find_problems(document)] == [message]


@pytest.mark.parametrize("document", ACCEPTED)
def test_what_the_service_may_take_is_no_problem(document: JsonObject) -> None:
    assert find_problems(document) == []


def test_every_problem_of_a_storyboard_is_named_at_once() -> None:
    document: JsonObject = {"scenes": [{"prompt": ""}, {}], "title": 5}
    fields = {problem.field for problem in find_problems(document)}
    assert fields == {"scenes[0].prompt", "scenes[1].prompt", "title"}


def test_a_storyboard_full_of_problems_names_the_first_ones() -> None:
    problems = find_problems({"scenes": [{"prompt": "\x00" * 30_000}] * 1000})
    assert len(problems) == MAX_PROBLEMS


def test_a_hostile_key_does_not_reach_the_terminal() -> None:
    (problem,) = find_problems({"scenes": [SCENE], "\x1b[2J" + "k" * 1000: "\x07"} | {})[:1]
    assert problem == Problem('["\\u001b[2J' + "k" * 36 + '"]', "holds the control character U+001B at 0", "remove it")
