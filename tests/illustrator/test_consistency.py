"""A character has the same colours in every scene, in every style, and in its reference picture."""

from collections.abc import Iterator

import numpy as np
import pytest

from illustrator.casting import look_of
from illustrator.colors import lit_by
from illustrator.finishes.hands import HANDS
from illustrator.finishes.pictures import finished
from illustrator.ideas import idea_of_scene
from illustrator.painting import Painting
from illustrator.pictures import draw_character, draw_scene
from illustrator.scene import Color, Look, Style
from illustrator.storyboard import Storyboard
from tests.doubles.illustrator_input import illustrator_input

SIZE = (192, 192)
STORIES = 20
PEOPLE = (
    "a girl of eight with fair skin, two red braids, a green coat and yellow boots",
    "an old man with dark skin, a white beard, a blue uniform and a red scarf",
    "a tall woman with olive skin, long black hair, a white dress and a purple shawl",
    "a boy with brown skin, curly black hair, an orange hoodie and grey shorts",
    "a small orange fox with a blue backpack",
    "a grey cat with green eyes and a red scarf",
    "a copper robot with a yellow scarf",
    "a big brown bear with a green hat",
    "a stout baker with light skin, a grey moustache, a white shirt and a red apron",
    "a young knight with dark skin, short black hair, silver armor and a purple cape",
)
PROMPTS = (
    "{0} and {1} stand in the meadow on a sunny day",
    "{0} walks through the village at sunset, and {1} waves",
    "{0} and {1} are in the library at night",
    "{0} cheers in the kitchen on a rainy morning while {1} reads a book",
)
LEAST_SHARE = 0.006
"""Of a figure's pixels: what covers less is a button, or hidden by another garment."""
FEWEST_PIXELS = 4
TOLERANCE = 44
"""Largest change that a wash makes to any of red, green and blue."""


def storyboard_of(number: int, style: str) -> Storyboard:
    names = ("Kim", "Robin")
    cast = [
        {"name": name, "description": PEOPLE[(number * step + shift) % len(PEOPLE)]}
        for name, step, shift in zip(names, (1, 3), (0, 1 + number // len(PEOPLE)), strict=True)
    ]
    scenes = [{"prompt": prompt.format(*names), "characters": list(names)} for prompt in PROMPTS]
    return illustrator_input({"title": f"Story {number}", "style": style, "characters": cast, "scenes": scenes})


def parts_of(look: Look) -> set[Color]:
    return {look.skin, look.hair_color, look.accent, *look.wears.values()}


def count_near(pixels: np.ndarray, color: Color, tolerance: int) -> int:
    return int((np.abs(pixels.astype(int) - color).max(axis=-1) <= tolerance).sum())


def shown_parts(storyboard: Storyboard, index: int, tolerance: int) -> Iterator[Color]:
    """The parts that the reference picture shows, in their own colours."""
    reference = draw_character(storyboard, index, SIZE).reshape(-1, 3)
    for color in parts_of(look_of(storyboard.characters[index])):
        if count_near(reference, color, tolerance) >= LEAST_SHARE * len(reference):
            yield color


@pytest.mark.parametrize("number", range(STORIES))
def test_the_resolved_cast_of_every_scene_is_that_of_the_reference(number: int) -> None:
    looks = [look_of(character) for character in storyboard_of(number, "flat").characters]
    for style in Style:
        storyboard = storyboard_of(number, style.value)
        for index in range(len(storyboard.scenes)):
            assert [figure.look for figure in idea_of_scene(storyboard, index).figures] == looks


@pytest.mark.parametrize(("style", "tolerance"), [("flat", 0), ("watercolor", TOLERANCE)])
@pytest.mark.parametrize("number", range(STORIES))
def test_the_parts_of_a_character_have_their_colours_in_every_scene(number: int, style: str, tolerance: int) -> None:
    storyboard = storyboard_of(number, style)
    parts = [list(shown_parts(storyboard, index, tolerance)) for index in range(2)]
    assert all(len(found) >= 2 for found in parts)
    for index in range(len(storyboard.scenes)):
        idea = idea_of_scene(storyboard, index)
        painting = Painting(idea, SIZE, HANDS[idea.style].world, HANDS[idea.style].people)
        pixels = finished(painting.draw(), idea.style, SIZE).reshape(-1, 3)
        light = painting.light_on_people()
        missing = [
            c for found in parts for c in found if count_near(pixels, lit_by(c, light), tolerance) < FEWEST_PIXELS
        ]
        assert not missing, f"{storyboard.scenes[index].prompt}: {missing}"


def test_by_day_a_flat_scene_shows_the_very_colours_of_the_reference() -> None:
    storyboard = storyboard_of(0, "flat")
    pixels = draw_scene(storyboard, 0, SIZE).reshape(-1, 3)
    for index in range(2):
        for color in shown_parts(storyboard, index, 0):
            assert count_near(pixels, color, 0) > 0
