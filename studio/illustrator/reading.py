"""From the words of a storyboard to what a scene shows: place, hour, weather, who is there, how they feel."""

import hashlib
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stories.wire import Cast, Scene, Storyboard
from studio.illustrator import words

MAX_FIGURES = 5


@dataclass(frozen=True)
class SceneIdea:
    """What a scene shows, in the words of `words`; the backdrop hangs on its own seed, so that a location recurs."""

    place: str
    hour: str
    weather: str
    mood: str
    pose: str
    cast: tuple[Cast, ...]
    seed: str
    backdrop_seed: str


def seeded(text: str) -> random.Random:
    """Chance that is the same wherever and whenever the same text is drawn."""
    return random.Random(hashlib.sha256(text.encode()).digest())  # noqa: S311 - chance in a drawing guards nothing


def finder(table: Mapping[str, str]) -> Callable[[str], str | None]:
    """A search for the first word of a table in a text; it says what the word stands for, or None."""
    meaning = {word: kind for kind, listed in table.items() for word in listed.split()}
    pattern = re.compile(rf"\b({'|'.join(meaning)})\b")

    def find(text: str) -> str | None:
        match = pattern.search(text.casefold())
        return meaning[match[1]] if match else None

    return find


_find_hour = finder(words.HOURS)
_find_weather = finder(words.WEATHERS)
_find_place = finder(words.PLACES)
_find_mood = finder(words.MOODS)
_find_pose = finder(words.POSES)


def idea_of_scene(storyboard: Storyboard, index: int) -> SceneIdea:
    """What the scene at this position shows."""
    scene = storyboard.scenes[index]
    title = storyboard.title or ""
    location = _location_of(scene, storyboard)
    location_text = _text_of(location) if location else ""
    place = _find_place(location_text) or _find_place(scene.prompt) or _find_place(title) or "meadow"
    return SceneIdea(
        place=place,
        hour=_find_hour(scene.prompt) or _find_hour(title) or "day",
        weather=_find_weather(scene.prompt) or _find_weather(location_text) or "clear",
        mood=_find_mood(scene.prompt) or "happy",
        pose=_find_pose(scene.prompt) or "stand",
        cast=_cast_of(scene, storyboard),
        seed=f"{index}\n{scene.prompt}",
        backdrop_seed=f"{title}\n{location.name if location else place}",
    )


def idea_of_location(storyboard: Storyboard, index: int) -> SceneIdea:
    """A location as its reference shows it: by day, in calm weather, with nobody there."""
    location = storyboard.locations[index]
    text = _text_of(location)
    return SceneIdea(
        place=_find_place(text) or "meadow",
        hour=_find_hour(text) or "day",
        weather=_find_weather(text) or "clear",
        mood="happy",
        pose="stand",
        cast=(),
        seed=text,
        backdrop_seed=f"{storyboard.title or ''}\n{location.name}",
    )


def _text_of(cast: Cast) -> str:
    return f"{cast.name}. {cast.description or ''}"


def _location_of(scene: Scene, storyboard: Storyboard) -> Cast | None:
    if scene.location is not None:
        named = next((known for known in storyboard.locations if _same(known.name, scene.location)), None)
        return named or Cast(name=scene.location)
    return next((known for known in storyboard.locations if _names(scene.prompt, known.name)), None)


def _cast_of(scene: Scene, storyboard: Storyboard) -> tuple[Cast, ...]:
    """Who the scene lists, else who its prompt names, else everybody."""
    listed = [entry if isinstance(entry, str) else entry.get("name") for entry in scene.characters or ()]
    if listed:
        known = [c for c in storyboard.characters if any(isinstance(n, str) and _same(c.name, n) for n in listed)]
    else:
        known = [character for character in storyboard.characters if _names(scene.prompt, character.name)]
    return tuple(known or storyboard.characters)[:MAX_FIGURES]


def _same(name: str, other: str) -> bool:
    return name.strip().casefold() == other.strip().casefold()


def _names(prompt: str, name: str) -> bool:
    """Whether the prompt says the name, or the first word of one that has several."""
    spoken = {name, name.split(maxsplit=1)[0]} - {"The", "A", "An"}
    return any(re.search(rf"\b{re.escape(part.casefold())}\b", prompt.casefold()) for part in spoken)
