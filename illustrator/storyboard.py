"""The illustrator's input: a storyboard with its scenes and its cast.

Instances can be pickled for a drawing process.
"""

from dataclasses import dataclass

from pydantic import JsonValue


@dataclass(frozen=True)
class CastMember:
    """A character or a location. The same name and description give the same look in every scene."""

    name: str
    description: str = ""


@dataclass(frozen=True)
class Scene:
    """One scene: its prompt, the characters that it lists, and the name of its location, or None if it names none."""

    prompt: str
    characters: tuple[CastMember, ...] = ()
    location: str | None = None


@dataclass(frozen=True)
class Storyboard:
    """A story in words. `style` may be any JSON value; the texts in it describe the style."""

    scenes: tuple[Scene, ...]
    title: str = ""
    style: JsonValue = None
    characters: tuple[CastMember, ...] = ()
    locations: tuple[CastMember, ...] = ()
