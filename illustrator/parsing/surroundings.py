"""The surroundings of a scene: place, time, season, weather and camera, from the prompt before all other texts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from illustrator.parsing.evidence import (
    Evidence,
    moon_evidence,
    place_evidence,
    season_evidence,
    time_evidence,
    weather_evidence,
)
from illustrator.parsing.language import Lexicon, positions_of
from illustrator.scene import Camera, Moon, Place, Season, Time, Weather
from illustrator.vocabulary.tables import rows_of, words_in

_ENOUGH_FOR_A_PLACE = 1.5
_ENOUGH_FOR_A_TIME = 1.5
_ENOUGH_FOR_A_WEATHER = 1.5
_ENOUGH_FOR_A_SEASON = 1.5
_ENOUGH_FOR_A_MOON = 1.5
_ENOUGH_FROM_AFAR = 3.0
_HARDLY_ANYTHING = 0.7
_LOCATION_SHARE = 0.4
_PLACES = tuple(Place)
_TIMES = (Time.NIGHT, Time.SUNSET, Time.DAWN, Time.EVENING, Time.DAY)
_WEATHERS = (Weather.STORM, Weather.SNOW, Weather.RAIN, Weather.FOG, Weather.WIND, Weather.CLOUDY, Weather.CLEAR)
_SEASONS = (Season.WINTER, Season.AUTUMN, Season.SPRING, Season.SUMMER)
_MOONS = (Moon.NEW, Moon.FULL, Moon.HALF, Moon.CRESCENT)


@dataclass(frozen=True)
class Surroundings:
    """The surroundings that were found. `assumed` names the fields without any evidence, `understood` the positions of
    the prompt's words that are evidence.

    Season and moon are never in `assumed`, because hardly any storyboard mentions them.
    """

    place: Place
    time: Time
    weather: Weather
    season: Season
    moon: Moon
    camera: Camera
    assumed: tuple[str, ...]
    understood: frozenset[int]


@dataclass(frozen=True)
class Texts:
    """The texts of a storyboard about a scene, in words, from the nearest to the scene to the farthest from it.

    `before` are the prompts of the scenes before, the last one first, and `earlier` those at the same location.
    `location` describes the scene's location; `elsewhere` is the story's first location when the scene's is unknown.
    """

    prompt: tuple[str, ...]
    earlier: tuple[tuple[str, ...], ...] = ()
    before: tuple[tuple[str, ...], ...] = ()
    location_name: tuple[str, ...] = ()
    location: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    style: tuple[str, ...] = ()


def surroundings_of(texts: Texts) -> Surroundings:
    """Return place, time, weather, season and camera of a scene. The place of the scene's location comes first."""
    place_hits = place_evidence(texts.prompt)
    time_hits = time_evidence(texts.prompt)
    weather_hits = weather_evidence(texts.prompt)
    season_hits = season_evidence(texts.prompt)
    moon_hits = moon_evidence(texts.prompt)
    place, place_is_said = _place(texts, place_hits)
    time, time_is_said = _decided(time_hits, time_evidence, texts, _TIMES, _ENOUGH_FOR_A_TIME)
    weather, weather_is_said = _decided(weather_hits, weather_evidence, texts, _WEATHERS, _ENOUGH_FOR_A_WEATHER)
    moon, moon_is_said = _decided(moon_hits, moon_evidence, texts, _MOONS, _ENOUGH_FOR_A_MOON)
    cameras = list(_cameras().find(texts.prompt))
    snows = (weather_is_said and weather == Weather.SNOW) or (place_is_said and place == Place.SNOWFIELD)
    said = {"place": place_is_said, "time": time_is_said, "weather": weather_is_said}
    return Surroundings(
        Place(place) if place_is_said else Place.MEADOW,
        Time(time) if time_is_said else Time.DAY,
        Weather(weather) if weather_is_said else Weather.CLEAR,
        _season(texts, season_hits) or (Season.WINTER if snows else Season.SUMMER),
        Moon(moon) if moon_is_said else Moon.CRESCENT,
        cameras[0].meaning if cameras else Camera.MEDIUM,
        tuple(name for name, is_said in said.items() if not is_said),
        positions_of(
            (*place_hits.hits, *time_hits.hits, *weather_hits.hits, *season_hits.hits, *moon_hits.hits, *cameras)
        ),
    )


def _place(texts: Texts, prompt: Evidence) -> tuple[str, bool]:
    for location in (texts.location_name, (*texts.location_name, ".", *texts.location)):
        value, score = place_evidence(location).best(_PLACES)
        if score >= _ENOUGH_FOR_A_PLACE:
            return value, True
    for other, share in ((place_evidence(texts.elsewhere), _LOCATION_SHARE), (place_evidence(texts.title), 0.2)):
        for name, strength in other.scores.items():
            prompt.scores[name] += strength * share
    value, score = prompt.best(_PLACES)
    if score >= _ENOUGH_FOR_A_PLACE:
        return value, True
    for text in (texts.elsewhere, texts.title):  # not the style: "flat" is a way to draw there, and not a home
        other_value, other_score = place_evidence(text).best(_PLACES)
        if other_score >= _ENOUGH_FOR_A_PLACE:
            return other_value, True
    return value, score > _HARDLY_ANYTHING


def _decided(
    prompt: Evidence,
    evidence: Callable[[Sequence[str]], Evidence],
    texts: Texts,
    order: Sequence[str],
    enough: float,
) -> tuple[str, bool]:
    for found in (prompt, *(evidence(text) for text in texts.earlier)):
        value, score = found.best(order)
        if score >= enough:
            return value, True
    for text in ((*texts.location_name, *texts.location), texts.elsewhere, texts.title, texts.style):
        value, score = evidence(text).best(order)
        if score >= _ENOUGH_FROM_AFAR:
            return value, True
    return value, False


def _season(texts: Texts, prompt: Evidence) -> Season | None:
    """Return the season that any text gives; unlike hour and weather, a season outlasts the location of a scene."""
    value, score = prompt.best(_SEASONS)
    if score >= _ENOUGH_FOR_A_SEASON:
        return Season(value)
    near = (*texts.earlier, (*texts.location_name, *texts.location))
    afar = (*texts.before, texts.elsewhere, texts.title, texts.style)
    for enough, those in ((_ENOUGH_FOR_A_SEASON, near), (_ENOUGH_FROM_AFAR, afar)):
        for text in those:
            value, score = season_evidence(text).best(_SEASONS)
            if score >= enough:
                return Season(value)
    return None


@cache
def _cameras() -> Lexicon[Camera]:
    return Lexicon((phrase, Camera(row["camera"])) for row in rows_of("cameras") for phrase in words_in(row["words"]))
