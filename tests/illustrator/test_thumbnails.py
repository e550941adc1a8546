"""A few scenes, coarsely, as they looked when somebody looked at them.

`python -m tests.illustrator.test_thumbnails` draws the sheet anew after a change that is meant.
"""

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from illustrator.finishes.pictures import picture_of_scene
from illustrator.scene import Place, SceneIdea, Style, Time, Weather
from tests.doubles.scene_ideas import figure_of, idea_of

SHEET = Path(__file__).with_name("thumbnails.png")
SIDE, DRAWN = 32, (256, 256)
LARGEST_MEAN_DIFFERENCE = 6.0
"""Of 255: other processors and libraries round otherwise; another picture differs by 30 and more."""

PLACES = (Place.LIBRARY, Place.VILLAGE, Place.FOREST, Place.SEA, Place.MARKET, Place.CAVE)


def ideas() -> list[SceneIdea]:
    hours, weathers = itertools.cycle(Time), itertools.cycle((Weather.CLEAR, Weather.RAIN, Weather.SNOW, Weather.FOG))
    return [
        idea_of(place, time=next(hours), weather=next(weathers), style=style, figures=(figure_of("Aria"),))
        for style, place in zip(Style, PLACES, strict=True)
    ]


def thumbnail(idea: SceneIdea) -> np.ndarray:
    return np.asarray(Image.fromarray(picture_of_scene(idea, DRAWN)).resize((SIDE, SIDE), Image.Resampling.BOX))


@pytest.mark.parametrize("index", range(len(PLACES)))
def test_a_scene_still_looks_as_it_did(index: int) -> None:
    with Image.open(SHEET) as sheet:
        known = np.asarray(sheet)[:, index * SIDE : (index + 1) * SIDE].astype(int)
    others = [thumbnail(idea).astype(int) for idea in ideas()]
    differences = [float(np.abs(other - known).mean()) for other in others]
    assert differences[index] <= LARGEST_MEAN_DIFFERENCE
    assert min(difference for number, difference in enumerate(differences) if number != index) > 20


if __name__ == "__main__":
    Image.fromarray(np.concatenate([thumbnail(idea) for idea in ideas()], axis=1)).save(SHEET)
