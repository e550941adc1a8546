import io
import itertools
import os
import subprocess
import sys

import pytest
from PIL import Image

from stories.wire import ImageFormat, Storyboard
from studio.illustrator.backdrops import PAINTERS
from studio.illustrator.canvas import Color
from studio.illustrator.encoding import encode
from studio.illustrator.looks import look_of
from studio.illustrator.pictures import draw_character, draw_location, draw_scene
from studio.illustrator.words import HOURS, PLACES, WEATHERS

SIZE = (256, 256)
STORYBOARD = Storyboard.model_validate(
    {
        "title": "The lighthouse cat",
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


def pixels_of(image: Image.Image, color: Color) -> int:
    return sum(count for count, found in image.getcolors(maxcolors=image.width * image.height) or () if found == color)


@pytest.mark.parametrize(("character", "scenes"), [(0, (0, 1)), (1, (0, 2)), (2, (3, 4))])
def test_a_character_has_its_colours_in_every_scene_and_in_its_reference(
    character: int, scenes: tuple[int, int]
) -> None:
    look = look_of(STORYBOARD.characters[character])
    worn = [look.skin, *look.items.values()] + ([look.coat, look.hair] if look.species == "person" else [])
    pictures = [draw_character(STORYBOARD, character, SIZE), *(draw_scene(STORYBOARD, scene, SIZE) for scene in scenes)]
    for picture in pictures:
        assert all(pixels_of(picture, color) > 15 for color in worn)


def test_a_description_is_followed_where_it_says_something() -> None:
    cat, girl, robot = (look_of(character) for character in STORYBOARD.characters)
    assert (cat.species, girl.species, robot.species) == ("cat", "person", "robot")
    assert girl.hair_style == "long"
    assert list(cat.items) == ["scarf"]
    red, green, blue = cat.items["scarf"]
    assert red > 2 * green
    assert red > 2 * blue
    assert len(set(look_of(STORYBOARD.characters[0]).skin)) > 1


def test_every_scene_is_a_picture_of_its_own_even_with_the_same_words() -> None:
    pictures = {draw_scene(STORYBOARD, index, SIZE).tobytes() for index in range(len(STORYBOARD.scenes))}
    assert len(pictures) == len(STORYBOARD.scenes)


def test_scenes_at_one_place_share_its_backdrop() -> None:
    first, second = (draw_scene(STORYBOARD, index, SIZE) for index in (0, 1))
    shore = (0, 215, 40, 256)
    assert first.crop(shore).tobytes() == second.crop(shore).tobytes()


@pytest.mark.parametrize("size", [(64, 64), (256, 144), (144, 256)])
def test_a_picture_has_the_size_that_was_asked_for(size: tuple[int, int]) -> None:
    for draw in (draw_scene, draw_character, draw_location):
        assert draw(STORYBOARD, 0, size).size == size


def test_every_place_can_be_drawn_at_every_hour_in_every_weather() -> None:
    words = [kind.split()[0] for table in (PLACES, HOURS, WEATHERS) for kind in table.values()]
    assert set(PLACES) == set(PAINTERS)
    weathers = itertools.cycle([*WEATHERS, "clear", "clear"])
    prompts = [f"{place} at {hour} in {next(weathers)}" for place in PLACES for hour in HOURS]
    storyboard = Storyboard.model_validate({"scenes": [{"prompt": prompt} for prompt in (*prompts, *words)]})
    for index in range(len(storyboard.scenes)):
        few_colours = draw_scene(storyboard, index, (64, 64)).getcolors(maxcolors=20)
        assert few_colours is None, storyboard.scenes[index].prompt


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_a_file_is_of_its_format_and_shows_what_was_drawn(image_format: ImageFormat) -> None:
    drawn = draw_scene(STORYBOARD, 0, SIZE)
    with Image.open(io.BytesIO(encode(drawn, image_format, "a mark"))) as read:
        read.load()
        assert (read.format, read.size, read.mode) == (image_format.value.upper(), SIZE, "RGB")
        assert (read.tobytes() == drawn.tobytes()) == (image_format is ImageFormat.PNG)


def test_two_processes_draw_the_same_bytes() -> None:
    program = (
        "import hashlib, sys\n"
        "from stories.wire import ImageFormat, Storyboard\n"
        "from studio.illustrator.encoding import encode\n"
        "from studio.illustrator.pictures import draw_character, draw_location, draw_scene\n"
        "board = Storyboard.model_validate_json(sys.stdin.read())\n"
        "images = [draw_scene(board, i, (256, 256)) for i in range(len(board.scenes))]\n"
        "images += [draw_character(board, 1, (256, 256)), draw_location(board, 0, (256, 256))]\n"
        "files = [encode(image, known, 'a mark') for image in images for known in ImageFormat]\n"
        "print([hashlib.sha256(file).hexdigest() for file in files])\n"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=STORYBOARD.model_dump_json(),
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1
