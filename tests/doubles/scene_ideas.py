"""Scenes as the illustrator understands them, made by hand; and the cast of the stories whose prompts it reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from illustrator.casting import look_of
from illustrator.explanation import ExplainedScene
from illustrator.parsing.things import prop_named
from illustrator.scene import (
    Action,
    Camera,
    Figure,
    Look,
    Mood,
    Moon,
    Place,
    SceneIdea,
    Season,
    Species,
    Style,
    Time,
    Weather,
)
from illustrator.storyboard import CastMember

CHARACTERS = [
    {"name": "Aria", "description": "a girl with long black hair and a yellow raincoat"},
    {"name": "Milo", "description": "a small boy with freckles"},
    {"name": "Bo", "description": "an old brown bear"},
]
Understand = Callable[..., ExplainedScene]


def look_of_species(species: Species | str) -> Look:
    return look_of(CastMember(name="Kim", description=f"a {Species(species).value} with a red scarf"))


def figure_of(
    name: str,
    *,
    look: Look | None = None,
    mood: Mood = Mood.CALM,
    action: Action = Action.STAND,
    holds: str | None = None,
    rests_on: str | None = None,
) -> Figure:
    look = look or look_of(
        CastMember(name=name or "Aria", description="a girl with long black hair and a yellow raincoat")
    )
    return Figure(name, look, mood, action, holds, rests_on)


def idea_of(
    place: Place,
    *,
    time: Time = Time.DAY,
    weather: Weather | str = Weather.CLEAR,
    style: Style = Style.FLAT,
    camera: Camera = Camera.MEDIUM,
    figures: tuple[Figure, ...] | None = None,
    props: Mapping[str, int] | None = None,
    seed: str = "seed",
    backdrop_seed: str = "backdrop",
    season: Season = Season.SUMMER,
    moon: Moon = Moon.CRESCENT,
) -> SceneIdea:
    return SceneIdea(
        place=place,
        time=time,
        weather=Weather(weather),
        style=style,
        camera=camera,
        figures=(figure_of("Aria"),) if figures is None else figures,
        seed=seed,
        backdrop_seed=backdrop_seed,
        props=props or {},
        season=season,
        moon=moon,
    )


def resting(
    name: str, *, looks: Sequence[Look], action: Action = Action.SIT, camera: Camera = Camera.MEDIUM
) -> SceneIdea:
    """Some in a meadow who rest on things of a name, or of a word for one."""
    thing = prop_named(name) or name
    figures = tuple(
        figure_of(f"somebody {index}", look=look, action=action, rests_on=thing) for index, look in enumerate(looks)
    )
    idea = idea_of(Place.MEADOW, figures=figures, props={thing: 1}, camera=camera)
    return replace(idea, words={thing: name} if thing != name else {})
