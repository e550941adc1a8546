import pytest

from stories.dataset.images.similarity import PALETTES, Palettes, likeness_named
from stories.errors import ConfigurationError
from tests.doubles.pictures import BLUE, GREEN, GREY, RED, WHITE
from tests.doubles.pictures import figures_before as picture


def test_a_character_is_found_by_its_colours_before_any_background() -> None:
    reference = PALETTES.look(picture(WHITE, RED))
    assert PALETTES.of_character(reference, PALETTES.look(picture(GREEN, RED, BLUE))) == pytest.approx(1.0)
    assert PALETTES.of_character(reference, PALETTES.look(picture(GREEN, BLUE))) == pytest.approx(0.0)


def test_a_character_of_two_colours_is_half_found_by_one() -> None:
    reference = PALETTES.look(picture(WHITE, RED, BLUE))
    assert PALETTES.of_character(reference, PALETTES.look(picture(GREEN, BLUE))) == pytest.approx(0.5, abs=0.05)


def test_the_background_of_a_reference_is_not_the_character() -> None:
    reference = PALETTES.look(picture(WHITE, RED))
    assert PALETTES.of_character(reference, PALETTES.look(picture(WHITE, BLUE))) == pytest.approx(0.0)


def test_a_style_is_what_the_pictures_of_a_story_share() -> None:
    day, dusk, night = (PALETTES.look(picture(colour, RED)) for colour in (GREEN, GREEN, BLUE))
    assert (PALETTES.of_style(day, [dusk]) or 0) > 0.98
    assert (PALETTES.of_style(night, [day, dusk]) or 1) < 0.3


@pytest.mark.parametrize("look", ["", "zz", "00" * 128, "ff"])
def test_what_has_no_look_is_like_nothing_and_unlike_nothing(look: str) -> None:
    there = PALETTES.look(picture(WHITE, RED))
    assert PALETTES.of_character(look, there) is None
    assert PALETTES.of_style(look, [there]) is None
    assert PALETTES.of_style(there, [look]) is None
    assert PALETTES.of_style(there, []) is None


@pytest.mark.parametrize("mode", ["L", "RGBA", "LA", "CMYK", "1", "I;16"])
def test_a_picture_of_any_mode_has_a_look(mode: str) -> None:
    assert len(PALETTES.look(picture(WHITE, RED).convert("L" if mode == "I;16" else mode).convert(mode))) == 256


def test_another_likeness_is_made_by_the_factory_that_a_setting_names() -> None:
    assert likeness_named("palettes") is PALETTES
    made = likeness_named("stories.dataset.images.similarity:Palettes")
    assert isinstance(made, Palettes)
    assert made is not PALETTES


@pytest.mark.parametrize("name", ["no.such.module:thing", "json:no_such", "json", "json:dumps", "builtins:dict", ""])
def test_a_factory_that_is_none_is_a_wrong_setting(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"images\.likeness"):
        likeness_named(name)


def test_a_look_does_not_change_the_picture() -> None:
    image = picture(GREY, RED)
    before = image.tobytes()
    PALETTES.look(image)
    assert image.tobytes() == before
