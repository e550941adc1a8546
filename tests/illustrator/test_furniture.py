"""The furniture that a figure rests on is drawn once, behind the figure or over it."""

import numpy as np
import pytest

from illustrator.colors import color_of
from illustrator.finishes.hands import HANDS
from illustrator.finishes.pictures import picture_of_scene
from illustrator.painting import MASK_SHARE, Painting
from illustrator.scene import Action, Place, Style
from tests.doubles.scene_ideas import figure_of, idea_of, look_of_species, resting

SIZE = (256, 256)


def count(picture: np.ndarray, code: str) -> int:
    return int((picture == color_of(code)).all(axis=2).sum())


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("bench", ["#a87348"]),  # behind whoever sits
        ("boat", ["#c48e58"]),  # before them
        ("hot air balloon", ["#4a90c0", "#c9955a"]),  # both
        ("throne", ["#e0b04a"]),
    ],
)
def test_what_somebody_rests_on_is_in_the_picture(name: str, codes: list[str]) -> None:
    idea = resting(name, looks=[look_of_species("human")])
    first, second = (picture_of_scene(idea, SIZE) for _ in range(2))
    assert np.array_equal(first, second)
    without = picture_of_scene(idea_of(Place.MEADOW, figures=()), SIZE)
    for code in codes:
        assert count(without, code) == 0
        assert count(first, code) > 30


def test_the_bed_of_a_room_is_where_somebody_sleeps_in_it_and_nowhere_else() -> None:
    right = np.s_[:, int(SIZE[0] * 0.88) :]
    nobody, standing, asleep = (
        picture_of_scene(idea_of(Place.BEDROOM, figures=figures), SIZE)[right]
        for figures in ((), (figure_of("Aria"),), (figure_of("Aria", action=Action.SLEEP),))
    )
    assert np.array_equal(nobody, standing)
    assert not np.array_equal(nobody, asleep)


def test_effects_of_a_style_keep_off_the_face_of_a_sleeper_and_not_off_the_blanket() -> None:
    idea = idea_of(Place.BEDROOM, figures=(figure_of("Aria", action=Action.SLEEP),))
    painting = Painting(idea, SIZE, HANDS[Style.FLAT].world, HANDS[Style.FLAT].people)
    actors = painting.draw().actors
    (placed,) = painting.composition.figures
    assert placed.seat is not None
    (front,) = placed.over
    unit = SIZE[1] / 1000 / MASK_SHARE
    face, blanket = placed.seat.y - 60 * placed.at.scale, front.y - 0.3 * front.height
    assert actors[int(face * unit), int(placed.at.x * unit)] > 200
    assert actors[int(blanket * unit), int(placed.at.x * unit)] < 50


def test_a_rider_and_the_character_who_bears_them_have_their_colours() -> None:
    rider, bearer = look_of_species("human"), look_of_species("dragon")
    figures = (figure_of("Aria", look=rider, action=Action.SIT, rests_on="Ember"), figure_of("Ember", look=bearer))
    pixels = picture_of_scene(idea_of(Place.MEADOW, figures=figures), SIZE).reshape(-1, 3)
    for color in (rider.skin, rider.hair_color, bearer.skin, bearer.accent):
        assert (pixels == color).all(axis=1).sum() > 20
