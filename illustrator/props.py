"""The things that a picture can show: their names, their size and their place."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from illustrator.vocabulary.tables import rows_of, words_in


class Size(StrEnum):
    """The size of a thing beside an adult."""

    SMALL = "small"  # fits in a hand
    MEDIUM = "medium"  # up to the waist
    LARGE = "large"  # as high or as long as a person
    HUGE = "huge"  # a house, a tree, a ship


class Stand(StrEnum):
    """The place of a thing that nobody holds."""

    GROUND = "ground"
    WALL = "wall"  # outdoors it stands on the ground
    SKY = "sky"
    WATER = "water"  # without water it lies on the ground
    HAND = "hand"  # a small thing that lies on a table or on the ground


@dataclass(frozen=True)
class Prop:
    """A thing. `words` are the other singular words for it; plurals are understood as well.

    `icon` is an id of the Fluent Emoji Flat set, `species:NAME` for an animal that is drawn as a figure of that
    species, or empty for an icon of our own under the thing's name.
    """

    name: str
    words: tuple[str, ...]
    size: Size
    stands: Stand
    icon: str


@cache
def props() -> Mapping[str, Prop]:
    """Return every thing by its name, in the order of the table."""
    return MappingProxyType(
        {
            row["name"]: Prop(row["name"], words_in(row["words"]), Size(row["size"]), Stand(row["stands"]), row["icon"])
            for row in rows_of("props")
        }
    )
