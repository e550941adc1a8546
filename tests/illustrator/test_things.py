"""Every thing of the table is drawn, and by something made for it."""

import numpy as np
import pytest

from illustrator.finishes.hands import HANDS
from illustrator.finishes.pictures import picture_of_scene
from illustrator.hours import hour_in
from illustrator.icons.catalog import ICONS_FILE, is_drawn
from illustrator.icons.drawing import draw_held, draw_thing, icon_name
from illustrator.icons.scenery import SCENERY
from illustrator.painting import seeded
from illustrator.pen import Pen
from illustrator.places.furnishings import shows_anyway
from illustrator.places.stage import SHINING, Stage
from illustrator.props import Prop, props
from illustrator.scene import Action, Place, Style, Time, Weather
from illustrator.surface import Surface
from illustrator.wardrobe import wardrobe
from tests.doubles.scene_ideas import figure_of, idea_of, look_of_species

SIDE = 48
LARGEST_ICON_FILE_BYTES = 250_000


def drawn(prop: Prop, *, held: bool) -> np.ndarray:
    surface = Surface((SIDE, SIDE), SIDE / 300)
    pen = Pen(surface, HANDS[Style.FLAT].world, (255, 255, 255), (200, 220, 240), seeded("things"))
    stage = Stage(pen, 300, hour_in(Time.DAY, Weather.CLEAR), Weather.CLEAR, seeded("things"))
    if held:
        with surface.moved(150, 200):
            draw_held(pen, prop.name)
    else:
        draw_thing(stage, prop, 150, 290, 240)
    return surface.pixels()


@pytest.mark.parametrize("prop", props().values(), ids=lambda prop: prop.name)
def test_a_thing_is_drawn_on_the_ground_and_in_a_hand(prop: Prop) -> None:
    on_ground, in_hand = drawn(prop, held=False), drawn(prop, held=True)
    assert (on_ground[..., 3] > 0).mean() > 0.03
    assert (in_hand[..., 3] > 0).any()
    assert not np.array_equal(on_ground, in_hand)


def test_no_thing_of_the_table_is_drawn_as_a_mere_box() -> None:
    boxes = [prop.name for prop in props().values() if icon_name(prop) == "package" and prop.icon != "package"]
    drawn_otherwise = [name for name in boxes if not props()[name].icon.startswith("species:")]
    assert drawn_otherwise == []


def test_what_places_are_furnished_with_and_what_shines_has_an_icon() -> None:
    assert [name for name in sorted(SCENERY | set(SHINING)) if not is_drawn(name)] == []
    assert ICONS_FILE.stat().st_size < LARGEST_ICON_FILE_BYTES
    assert "MIT License" in ICONS_FILE.with_name("fluent_emoji.LICENSE").read_text(encoding="utf-8")


def test_a_thing_that_is_asked_for_is_in_the_picture_unless_the_place_shows_it_anyway() -> None:
    plain = picture_of_scene(idea_of(Place.MEADOW), (128, 128))
    with_well = picture_of_scene(idea_of(Place.MEADOW, props={"well": 1}), (128, 128))
    assert not np.array_equal(plain, with_well)
    assert shows_anyway(Place.LIBRARY, "shelf", is_indoors=True)
    library = [picture_of_scene(idea_of(Place.LIBRARY, props=wanted), (128, 128)) for wanted in ({}, {"shelf": 1})]
    assert np.array_equal(*library)


def test_what_a_figure_holds_is_in_its_hand_and_not_on_the_ground_as_well() -> None:
    holder = (figure_of("Aria", holds="lantern"),)
    held = picture_of_scene(idea_of(Place.MEADOW, figures=holder, props={"lantern": 1}), (128, 128))
    alone = picture_of_scene(idea_of(Place.MEADOW, figures=holder), (128, 128))
    two = picture_of_scene(idea_of(Place.MEADOW, figures=holder, props={"lantern": 2}), (128, 128))
    assert np.array_equal(held, alone)
    assert not np.array_equal(held, two)


def test_whoever_reads_has_a_book_in_hand_and_no_box() -> None:
    readers = [(figure_of("Aria", action=Action.READ, holds=holds),) for holds in (None, "no such thing")]
    pictures = [picture_of_scene(idea_of(Place.MEADOW, figures=reader), (128, 128)) for reader in readers]
    assert not np.array_equal(*pictures)


@pytest.mark.parametrize("kind", wardrobe())
def test_everything_that_can_be_worn_is_seen(kind: str) -> None:
    figures = []
    for wears in ({}, {kind: (200, 40, 160)}):
        look = look_of_species("human")
        figures.append(figure_of("Kim", look=type(look)(**{**vars(look), "wears": wears})))
    bare, dressed = (picture_of_scene(idea_of(Place.MEADOW, figures=(figure,)), (128, 128)) for figure in figures)
    assert not np.array_equal(bare, dressed)
