"""The schema that editors use, and the examples that people start from."""

import json
from pathlib import Path

import jsonschema
import pytest

from stories.storyboards.collection import collect
from stories.storyboards.json_schema import storyboard_json_schema

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "storyboards").glob("*.json"))


def test_the_schema_is_a_valid_one_and_describes_every_field() -> None:
    schema = storyboard_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for described in (schema, schema["$defs"]["Scene"], schema["$defs"]["Cast"]):
        assert all("description" in field for field in described["properties"].values())


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"scenes": []},
        {"scenes": [{"prompt": " "}]},
        {"scenes": [{"prompt": 3}]},
        {"scenes": [{"prompt": "a"}] * 201},
    ],
)
def test_the_schema_refuses_what_validation_refuses(document: object) -> None:
    assert not jsonschema.Draft202012Validator(storyboard_json_schema()).is_valid(document)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_shows_what_a_storyboard_should_be(path: Path) -> None:
    """Three to six scenes, each with its characters by name in the prompt, everything used that is described."""
    text = path.read_text(encoding="utf-8")
    document = json.loads(text)
    jsonschema.validate(document, storyboard_json_schema())
    assert text == json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    assert document["title"]
    assert document["style"]
    assert 3 <= len(document["scenes"]) <= 6
    for scene in document["scenes"]:
        assert all(name in scene["prompt"] for name in scene.get("characters", []))
    shown = {name for scene in document["scenes"] for name in scene.get("characters", [])}
    assert shown == {character["name"] for character in document.get("characters", [])}
    assert {scene["location"] for scene in document["scenes"]} == {it["name"] for it in document["locations"]}


def test_the_eight_examples_are_eight_stories() -> None:
    with collect(str(EXAMPLES[0].parent)) as collection:
        assert collection.counts.storyboards == collection.counts.stories == len(EXAMPLES) == 8
        assert len({story.style for story in collection.stories()}) == 8
        assert [story.label for story in collection.stories() if not story.storyboard.characters] != []
