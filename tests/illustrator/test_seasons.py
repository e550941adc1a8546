"""Seasons and phases of the moon: a place stays as it is, and its plants change."""

from collections.abc import Mapping

import numpy as np
import pytest

from illustrator.atmosphere import draw_disc
from illustrator.colors import lit_by
from illustrator.finishes.hands import HANDS
from illustrator.finishes.pictures import picture_of_scene
from illustrator.hours import SNOW, hour_in
from illustrator.icons.catalog import is_drawn, is_handmade
from illustrator.painting import Painting, seeded
from illustrator.pen import Pen
from illustrator.places.registry import SETTINGS
from illustrator.places.stage import Stage
from illustrator.props import props
from illustrator.scene import Moon, Place, SceneIdea, Season, Style, Time, Weather
from illustrator.seasons import stands_in
from illustrator.surface import Surface
from tests.doubles.scene_ideas import idea_of

SIZE = (192, 192)
GROUND, SKY = np.s_[150:], np.s_[:60]
WITH_SEASONS = [place for place in Place if SETTINGS[place].season is None and not SETTINGS[place].is_indoors]
WITHOUT_SEASONS = [place for place in Place if SETTINGS[place].season is not None]


def drawn(place: Place, season: Season, **fields: object) -> np.ndarray:
    return picture_of_scene(idea_of(place, season=season, figures=(), **fields), SIZE)  # type: ignore[arg-type]


def ground_colors(place: Place, **fields: object) -> Mapping[Season, np.ndarray]:
    """The mean red, green and blue of the lower part of the place in each season."""
    return {season: drawn(place, season, **fields)[GROUND].reshape(-1, 3).mean(axis=0) for season in Season}


@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize("place", [Place.MEADOW, Place.FOREST, Place.VILLAGE, Place.CASTLE])
def test_the_ground_is_fresh_in_spring_tawny_in_autumn_and_white_in_winter(place: Place, style: Style) -> None:
    mean = ground_colors(place, style=style)
    greenness = {season: color[1] - color[0] for season, color in mean.items()}
    assert greenness[Season.SPRING] > 5
    assert mean[Season.SPRING].mean() > mean[Season.SUMMER].mean()
    assert mean[Season.AUTUMN][0] > mean[Season.SUMMER][0] + 20
    assert greenness[Season.AUTUMN] < 0 < greenness[Season.SUMMER]
    assert mean[Season.WINTER].mean() > mean[Season.SUMMER].mean() + 40
    assert np.ptp(mean[Season.WINTER]) < 40


@pytest.mark.parametrize("place", WITH_SEASONS)
def test_every_temperate_place_has_four_seasons(place: Place) -> None:
    assert len({drawn(place, season).tobytes() for season in Season}) == len(Season)


@pytest.mark.parametrize("place", WITHOUT_SEASONS)
def test_where_there_are_no_seasons_all_of_them_look_alike(place: Place) -> None:
    assert len({drawn(place, season).tobytes() for season in Season}) == 1


def test_a_window_shows_the_season_and_the_room_stays_as_it_is() -> None:
    summer = drawn(Place.BEDROOM, Season.SUMMER, props={"tree": 1}).astype(int)
    for season in set(Season) - {Season.SUMMER}:
        changed = np.abs(drawn(Place.BEDROOM, season, props={"tree": 1}) - summer).max(axis=2) > 12
        assert 0 < changed.mean() < 0.02


def taken_chance(idea: SceneIdea) -> float:
    """The chance that is left when the place is painted: what was taken before lets everything stand where it does."""
    painting = Painting(idea, (16, 16), HANDS[idea.style].world, HANDS[idea.style].people)
    painting.setting.paint(painting.stage)
    return painting.stage.chance.random()


@pytest.mark.parametrize("place", Place)
def test_everything_stands_where_it_did_in_every_hour_weather_and_season(place: Place) -> None:
    ideas = [
        idea_of(place, time=time, weather=weather, season=season)
        for time in (Time.DAY, Time.NIGHT)
        for weather in Weather
        for season in Season
    ]
    assert len({taken_chance(idea) for idea in ideas}) == 1


def test_a_room_looks_the_same_by_rain_and_by_night_but_for_its_window() -> None:
    clear, wind = (drawn(Place.LIBRARY, Season.SUMMER, weather=each) for each in (Weather.CLEAR, Weather.WIND))
    changed = (np.abs(clear.astype(int) - wind).max(axis=2) > 12).any(axis=0)
    left, right = np.flatnonzero(changed)[[0, -1]]
    assert SIZE[0] * 0.4 < left < right < SIZE[0] * 0.6


@pytest.mark.parametrize("season", Season)
def test_a_season_recurs_with_the_same_backdrop(season: Season) -> None:
    first, second = (drawn(Place.FOREST, season, seed=seed) for seed in ("1", "2"))
    assert np.array_equal(first[GROUND], second[GROUND])
    assert np.array_equal(first, drawn(Place.FOREST, season, seed="1"))


def share_of_green(picture: np.ndarray) -> float:
    red, green, blue = np.moveaxis(picture.astype(int), 2, 0)
    return float(((green > red + 18) & (green > blue + 18)).mean())


@pytest.mark.parametrize("weather", [Weather.CLEAR, Weather.SNOW])
def test_leaf_trees_are_bare_where_snow_lies(weather: Weather) -> None:
    season = Season.WINTER if weather is Weather.CLEAR else Season.SUMMER
    assert share_of_green(drawn(Place.MEADOW, season, weather=weather)) == 0
    assert share_of_green(drawn(Place.MEADOW, Season.SUMMER)) > 0.3


def test_snow_lies_as_well_as_falls_and_lies_when_none_is_falling() -> None:
    lies, falls = (
        drawn(Place.VILLAGE, season, weather=weather)[GROUND].mean()
        for season, weather in ((Season.WINTER, Weather.CLEAR), (Season.SUMMER, Weather.SNOW))
    )
    assert abs(lies - falls) < 12


def test_snow_throws_back_what_light_a_night_has() -> None:
    night = drawn(Place.MEADOW, Season.WINTER, time=Time.NIGHT)[GROUND].mean()
    assert night > np.mean(lit_by(SNOW, hour_in(Time.NIGHT, Weather.CLEAR).light))


@pytest.mark.parametrize("seed", "abcde")
def test_a_tree_that_is_asked_for_is_in_leaf_in_spring_and_an_apple_tree_in_blossom(seed: str) -> None:
    bare, tree, apple_tree = (
        drawn(Place.MOUNTAINS, Season.SPRING, backdrop_seed=seed, props=wanted).astype(int)
        for wanted in ({}, {"tree": 1}, {"apple tree": 1})
    )
    redness = [(each[..., 0] - each[..., 1])[np.abs(each - bare).max(axis=2) > 12] for each in (tree, apple_tree)]
    assert redness[0].mean() < 0 < redness[1].mean()


def test_leaves_that_are_asked_for_are_green_in_spring_and_red_in_autumn() -> None:
    reds = []
    for season in (Season.SPRING, Season.AUTUMN):
        bare, strewn = (drawn(Place.MOUNTAINS, season, props=wanted).astype(int) for wanted in ({}, {"leaf": 3}))
        changed = strewn[np.abs(strewn - bare).max(axis=2) > 12]
        reds.append((changed[:, 0] - changed[:, 1]).mean())
    assert reds[0] < 0 < reds[1]


def test_what_stands_where_a_flower_stood_has_an_icon() -> None:
    names = {"butterfly", "carrot", "duck", "hyacinth", "leafy-green", "lotus", "mushroom", "sunflower", "tulip"}
    found = {stands_in(season, name) for season in Season for name in names}
    assert "" in found
    assert all(is_drawn(name) for name in found - {""})
    assert {stands_in(Season.WINTER, name) for name in names} == {""}


def pixels_of(name: str, weather: Weather) -> np.ndarray:
    surface = Surface((64, 64), 0.4)
    pen = Pen(surface, HANDS[Style.FLAT].world, (255, 255, 255), (0, 0, 0), seeded("thing"))
    Stage(pen, 160, hour_in(Time.DAY, weather), weather, seeded("thing")).thing(name, 80, 150, 100)
    return surface.pixels()


def test_what_stands_in_the_snow_has_some_on_it() -> None:
    names = [name for name in props() if is_drawn(name)]
    capped = {name for name in names if is_handmade(f"snow on {name}")}
    assert capped > {"fence", "lamp post", "bench", "wall", "well"}
    changed = {
        name for name in names if not np.array_equal(*[pixels_of(name, each) for each in (Weather.CLEAR, Weather.SNOW)])
    }
    assert changed == capped


def bright_pixels(moon: Moon, time: Time = Time.NIGHT) -> int:
    surface = Surface((100, 100), 1.0)
    pen = Pen(surface, HANDS[Style.FLAT].world, (255, 255, 255), (0, 0, 0), seeded("moon"))
    draw_disc(pen, hour_in(time, Weather.CLEAR, moon), 50, 50, 40)
    return int((surface.pixels()[..., 3] > 128).sum())


def test_the_moon_is_as_full_as_it_is_said_to_be() -> None:
    new, crescent, half, full = map(bright_pixels, (Moon.NEW, Moon.CRESCENT, Moon.HALF, Moon.FULL))
    assert new == 0 < crescent < half < full
    assert half == pytest.approx(full / 2, rel=0.06)
    assert len({bright_pixels(moon, Time.DAY) for moon in Moon}) == 1


def test_a_new_moon_leaves_neither_a_glow_nor_a_mirror_image() -> None:
    pictures = [drawn(Place.LAKE, Season.SUMMER, time=Time.NIGHT, moon=moon) for moon in (Moon.NEW, Moon.FULL)]
    new, full = (picture[SKY].astype(int).sum(axis=2).max() for picture in pictures)
    assert new < full
    column = np.s_[110:140, round(SIZE[0] * 0.76)]
    assert pictures[0][column].astype(int).sum() < pictures[1][column].astype(int).sum()


@pytest.mark.parametrize("place", [Place.MEADOW, Place.BEDROOM])
def test_no_second_moon_is_drawn_for_one_that_is_spoken_of(place: Place) -> None:
    pictures = [drawn(place, Season.SUMMER, time=Time.NIGHT, props=wanted) for wanted in ({}, {"moon": 1})]
    assert np.array_equal(*pictures)
