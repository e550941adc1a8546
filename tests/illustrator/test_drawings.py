import dataclasses
import hashlib
import io
import itertools
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from illustrator.encoding import FileFormat, encode, mark_of
from illustrator.finishes.pictures import picture_of_scene
from illustrator.pictures import draw_character, draw_location, draw_scene
from illustrator.scene import Action, Camera, Mood, Place, Species, Style, Time, Weather
from tests.doubles.illustrator_input import illustrator_input
from tests.doubles.scene_ideas import figure_of, idea_of, look_of_species

SIZE = (256, 256)
MARK = "made by a test"
STORYBOARD = illustrator_input(
    {
        "title": "The lighthouse cat",
        "style": "flat colours",
        "characters": [
            {"name": "Whisk", "description": "a small grey cat with a red scarf"},
            {"name": "Aria", "description": "a girl with long black hair and a yellow raincoat"},
            {"name": "Bolt", "description": "a robot with a green hat"},
        ],
        "locations": [{"name": "The lighthouse", "description": "a white lighthouse by the sea"}],
        "scenes": [
            {"prompt": "Whisk and Aria wave from the shore at dawn", "location": "The lighthouse"},
            {"prompt": "Whisk and Aria wave from the shore at dawn", "location": "The lighthouse"},
            {"prompt": "Aria sleeps in the library at night", "characters": ["Aria"]},
            {"prompt": "A storm over the village; Bolt is scared"},
            {"prompt": "Everybody together in the snow"},
            {"prompt": "森の中の小さな家"},
        ],
    }
)


def test_every_scene_is_a_picture_of_its_own_even_with_the_same_words() -> None:
    pictures = {draw_scene(STORYBOARD, index, SIZE).tobytes() for index in range(len(STORYBOARD.scenes))}
    assert len(pictures) == len(STORYBOARD.scenes)


@pytest.mark.parametrize("place", [Place.VILLAGE, Place.LIBRARY, Place.FOREST])
def test_a_location_recurs_with_the_same_backdrop(place: Place) -> None:
    first, second = (
        picture_of_scene(idea_of(place, seed=seed, backdrop_seed="the same", figures=()), SIZE) for seed in ("1", "2")
    )
    other = picture_of_scene(idea_of(place, seed="1", backdrop_seed="another", figures=()), SIZE)
    below_the_clouds = np.s_[150:]
    assert np.array_equal(first[below_the_clouds], second[below_the_clouds])
    assert not np.array_equal(first[below_the_clouds], other[below_the_clouds])


@pytest.mark.parametrize("size", [(64, 64), (256, 144), (144, 256), (128, 96), (96, 128)])
@pytest.mark.parametrize("style", list(Style))
def test_a_picture_has_the_size_that_was_asked_for(size: tuple[int, int], style: Style) -> None:
    storyboard = dataclasses.replace(STORYBOARD, style=style.value)
    for draw in (draw_scene, draw_character, draw_location):
        assert draw(storyboard, 0, size).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("place", list(Place))
def test_every_place_shows_its_hour_and_its_weather(place: Place) -> None:
    weathers = itertools.cycle(Weather)
    styles = itertools.cycle(Style)
    pictures = [
        picture_of_scene(idea_of(place, time=time, weather=next(weathers), style=next(styles), figures=()), (96, 96))
        for time in Time
    ]
    assert len({picture.tobytes() for picture in pictures}) == len(Time)
    for picture in pictures:
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20


@pytest.mark.parametrize("weather", [weather for weather in Weather if weather is not Weather.CLEAR])
def test_every_weather_is_seen_out_of_doors_and_through_a_window(weather: Weather) -> None:
    for place in (Place.MEADOW, Place.BEDROOM):
        clear, drawn = (picture_of_scene(idea_of(place, weather=each, figures=()), SIZE) for each in ("clear", weather))
        changed = np.abs(clear.astype(int) - drawn).max(axis=2) > 12
        assert changed.mean() > (0.02 if place is Place.MEADOW else 0.002)


@pytest.mark.parametrize("action", list(Action))
def test_every_action_has_a_pose_of_its_own(action: Action) -> None:
    standing, acting = (
        picture_of_scene(idea_of(Place.MEADOW, figures=(figure_of("Aria", action=each),)), SIZE)
        for each in (Action.STAND, action)
    )
    assert (not np.array_equal(standing, acting)) == (action is not Action.STAND)


def test_every_mood_has_a_face_of_its_own() -> None:
    pictures = [
        picture_of_scene(idea_of(Place.MEADOW, figures=(figure_of("Aria", mood=mood),)), SIZE).tobytes()
        for mood in Mood
    ]
    assert len(set(pictures)) == len(Mood)


def test_every_species_is_drawn_unlike_the_others() -> None:
    figures = [figure_of("", look=look_of_species(species)) for species in Species]
    pictures = [picture_of_scene(idea_of(Place.MEADOW, figures=(figure,)), SIZE).tobytes() for figure in figures]
    assert len(set(pictures)) == len(Species)


def test_every_camera_sees_something_else() -> None:
    pictures = [picture_of_scene(idea_of(Place.VILLAGE, camera=camera), SIZE).tobytes() for camera in Camera]
    assert len(set(pictures)) == len(Camera)


@pytest.mark.parametrize("count", [1, 3, 6, 14, 40])
def test_a_crowd_of_any_size_fits_into_the_picture(count: int) -> None:
    figures = tuple(figure_of(f"somebody {index}") for index in range(count))
    for size in ((256, 144), (144, 256)):
        assert picture_of_scene(idea_of(Place.MARKET, figures=figures), size).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("file_format", FileFormat)
def test_a_file_is_of_its_format_and_shows_what_was_drawn(file_format: FileFormat) -> None:
    drawn = draw_scene(STORYBOARD, 0, SIZE)
    with Image.open(io.BytesIO(encode(drawn, file_format, MARK))) as read:
        read.load()
        assert (read.format, read.size, read.mode) == (file_format.value.upper(), SIZE, "RGB")
        assert mark_of(read) == MARK
        assert (read.tobytes() == drawn.tobytes()) == (file_format is FileFormat.PNG)


def test_two_processes_draw_the_same_bytes() -> None:
    program = (
        "import dataclasses, hashlib, pickle, sys\n"
        "from illustrator.encoding import FileFormat, encode\n"
        "from illustrator.pictures import draw_character, draw_location, draw_scene\n"
        "board = pickle.load(sys.stdin.buffer)\n"
        "pictures = []\n"
        "for style in ('watercolor', 'ink', 'flat', 'comic', 'pixel art', 'paper cut'):\n"
        "    board = dataclasses.replace(board, style=style)\n"
        "    pictures += [draw_scene(board, i, (256, 256)) for i in range(3)]\n"
        "    pictures += [draw_character(board, 1, (256, 256)), draw_location(board, 0, (256, 256))]\n"
        "files = [encode(picture, known, 'mark') for picture in pictures for known in FileFormat]\n"
        "print([hashlib.sha256(file).hexdigest() for file in files])\n"
    )
    hashes = {
        hashlib.sha256(
            subprocess.run(
                [sys.executable, "-c", program],
                input=pickle.dumps(STORYBOARD),
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                check=True,
            ).stdout
        ).hexdigest()
        for seed in ("1", "2")
    }
    assert len(hashes) == 1
