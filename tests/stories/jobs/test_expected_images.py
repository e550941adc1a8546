import unicodedata

import pytest

from stories.api.wire import Cast, ImageFormat, Scene, StoryResult
from stories.jobs.expected_images import (
    characters_in,
    expected_references,
    expected_scenes,
    mismatch,
    place_completed,
    place_partial,
)
from stories.storyboards.story import Story, identify
from stories.strict_json import JsonObject

PNG, WEBP = ImageFormat.PNG, ImageFormat.WEBP


def story(*prompts: str, **fields: object) -> Story:
    return identify({"scenes": [{"prompt": prompt} for prompt in prompts], **fields}, sample=0, source_uris=["a.json"])  # type: ignore[dict-item] # JSON by construction


def scene(prompt: str | None, name: str = "a", *formats: str) -> JsonObject:
    images: JsonObject = {image_format: f"https://i/{name}.{image_format}" for image_format in formats or ("png",)}
    return {"images": images} if prompt is None else {"prompt": prompt, "images": images}


def result(*scenes: JsonObject | None, **fields: object) -> StoryResult:
    return StoryResult.model_validate({"scenes": list(scenes), **fields})


def places(found: StoryResult) -> list[str | None]:
    return [None if served is None else served.images[PNG] for served in found.scenes]


def test_every_scene_is_wanted_in_every_format_in_reading_order() -> None:
    expected = expected_scenes(story("one", "two"), result(scene("one"), scene("two")), (PNG, WEBP))
    assert [(image.ordinal, image.format, image.prompt) for image in expected] == [
        (0, PNG, "one"),
        (0, WEBP, "one"),
        (1, PNG, "two"),
        (1, WEBP, "two"),
    ]
    assert list(expected.values()) == ["https://i/a.png", None, "https://i/a.png", None]


def test_a_scene_that_is_not_served_is_wanted_without_a_url() -> None:
    expected = expected_scenes(story("one", "two", "three"), result(scene("one"), None), (PNG,))
    assert list(expected.values()) == ["https://i/a.png", None, None]


def test_scenes_beyond_the_storyboard_are_wanted_when_they_have_an_image() -> None:
    served = result(scene("one"), scene("encore", "b"), {"prompt": "nothing"}, None)
    expected = expected_scenes(story("one"), served, (PNG,))
    assert [(image.ordinal, image.prompt, url) for image, url in expected.items()] == [
        (0, "one", "https://i/a.png"),
        (1, "encore", "https://i/b.png"),
    ]


def test_the_first_reference_of_a_name_is_the_one() -> None:
    served = result(
        characters=[
            {"name": "Mira", "reference_url": "https://i/1.png"},
            {"name": "Tom"},
            {"name": "Mira", "reference_url": "https://i/3.png"},
        ],
        locations=[{"name": "Mira", "reference_url": "https://i/4.png"}],
    )
    expected = expected_references(served)
    assert [(image.role.value, image.ordinal, image.name, url) for image, url in expected.items()] == [
        ("character_reference", 0, "Mira", "https://i/1.png"),
        ("character_reference", 1, "Tom", None),
        ("location_reference", 0, "Mira", "https://i/4.png"),
    ]


def test_names_that_no_file_name_can_tell_apart_are_one_name() -> None:
    served = result(characters=[{"name": "a\ud800"}, {"name": "a\udc00"}])
    assert len(expected_references(served)) == 1


@pytest.mark.parametrize(
    ("prompt", "listed", "expected"),
    [
        ("Mira and Tom meet.", None, ("Mira", "Tom")),
        ("MIRA waits; Tomorrow comes.", None, ("Mira",)),
        ("Somebody waits.", ["Tom", "Mira", "Tom"], ("Tom", "Mira")),
        ("Mira waits.", [], ("Mira",)),
        ("Mira waits.", [{"name": "Tom"}], ("Mira",)),
        ("A (very) odd name: C++?", None, ("C++",)),
    ],
)
def test_characters_are_those_listed_or_else_those_whose_name_the_prompt_says(
    prompt: str, listed: list[str] | None, expected: tuple[str, ...]
) -> None:
    cast = [Cast(name=name) for name in ("Mira", "Tom", "C++", "")]
    assert characters_in(Scene.model_validate({"prompt": prompt, "characters": listed}), cast) == expected


def test_finished_scenes_are_told_by_their_prompts_wherever_they_stand() -> None:
    found = place_partial(story("one", "two", "three"), result(scene("three", "c"), scene("one", "a")))
    assert places(found) == ["https://i/a.png", None, "https://i/c.png"]


def test_a_prompt_that_is_composed_otherwise_is_the_same_prompt() -> None:
    composed, decomposed = (unicodedata.normalize(form, "Café à la gare") for form in ("NFC", "NFD"))
    assert composed != decomposed
    assert places(place_partial(story("x", composed), result(scene(decomposed, "b")))) == [None, "https://i/b.png"]
    assert mismatch(story(decomposed), result(scene(composed))) is None


def test_a_finished_scene_that_cannot_be_told_waits_for_the_whole_answer() -> None:
    """Two scenes of one prompt, a scene without a prompt, one of another storyboard, a gap."""
    partial = result(scene("twice", "a"), scene(None, "b"), scene("foreign", "c"), None)
    assert places(place_partial(story("twice", "other", "twice", "last"), partial)) == [None] * 4


def test_a_whole_answer_stands_in_order_whatever_it_says_of_its_prompts() -> None:
    asked, whole = story("twice", "twice", "x"), result(scene("twice", "a"), scene(None, "b"), scene("x", "c"))
    assert places(place_completed(asked, whole)) == ["https://i/a.png", "https://i/b.png", "https://i/c.png"]
    assert mismatch(asked, whole) is None


def test_a_completed_answer_that_lacks_a_scene_is_paired_by_prompt() -> None:
    asked, short = story("one", "two", "three"), result(scene("one", "a"), scene("three", "c"))
    assert places(place_completed(asked, short)) == ["https://i/a.png", None, "https://i/c.png"]
    assert mismatch(asked, short) is None


@pytest.mark.parametrize(
    "served",
    [
        (scene("two"), scene("one"), scene("three")),
        (scene("one"), scene("two"), scene("another")),
        (scene("one"), scene("foreign")),
        (scene("one"), scene(None)),
    ],
    ids=["order", "prompt", "foreign-in-a-short-one", "untold-in-a-short-one"],
)
def test_an_answer_that_cannot_be_paired_is_a_mismatch(served: tuple[JsonObject, ...]) -> None:
    assert mismatch(story("one", "two", "three"), result(*served)) is not None


def test_more_scenes_than_asked_are_no_mismatch() -> None:
    assert mismatch(story("one"), result(scene("one"), scene("encore"))) is None
