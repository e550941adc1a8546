"""The things that a picture can hold: the names they go by, how large they are and where they belong."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from illustrator.vocabulary.tables import rows_of, words_in


class Size(StrEnum):
    """How large a thing is beside an adult."""

    SMALL = "small"  # lies in a hand
    MEDIUM = "medium"  # up to the waist
    LARGE = "large"  # as high or as long as a person
    HUGE = "huge"  # a house, a tree, a ship


class Stand(StrEnum):
    """Where a thing is when nobody holds it."""

    GROUND = "ground"
    WALL = "wall"  # out of doors it stands on the ground
    SKY = "sky"
    WATER = "water"  # where there is none it is on the ground
    HAND = "hand"  # a small thing that lies on a table or on the ground


@dataclass(frozen=True)
class Prop:
    """A thing. `words` are the other singular words for it; plurals are understood as well.

    `icon` is an id of the Fluent Emoji Flat set, `species:NAME` for an animal that is drawn as a figure of that species
    is, or empty for what is drawn by hand under the thing's name.
    """

    name: str
    words: tuple[str, ...]
    size: Size
    stands: Stand
    icon: str


@cache
def props() -> Mapping[str, Prop]:
    """Every thing by its name, in the order of the table."""
    return MappingProxyType(
        {
            row["name"]: Prop(row["name"], words_in(row["words"]), Size(row["size"]), Stand(row["stands"]), row["icon"])
            for row in rows_of("props")
        }
    )
