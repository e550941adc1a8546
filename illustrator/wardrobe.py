"""The wardrobe: every kind of garment, its place on the body, and the words for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from illustrator.vocabulary.tables import rows_of, words_in


class Slot(StrEnum):
    """The place of a garment on the body."""

    FEET = "feet"
    LEGS = "legs"
    BODY = "body"
    OVER = "over"  # over the clothes of the body: coats, aprons, armor
    WAIST = "waist"
    HANDS = "hands"
    BACK = "back"
    NECK = "neck"
    FACE = "face"
    HEAD = "head"


@dataclass(frozen=True)
class Garment:
    """A kind of garment. `words` are the other singular words for it; plurals are understood as well.

    `is_whole` garments cover the legs too, so that nothing else is worn there. `color` is the usual one, or empty.
    """

    kind: str
    slot: Slot
    is_whole: bool
    color: str
    words: tuple[str, ...]


@cache
def wardrobe() -> Mapping[str, Garment]:
    """Return every kind that `Look.wears` may hold, in the order of dressing: a later kind covers an earlier one."""
    return MappingProxyType(
        {
            row["kind"]: Garment(
                row["kind"], Slot(row["slot"]), row["is_whole"] == "yes", row["color"], words_in(row["words"])
            )
            for row in rows_of("wardrobe")
        }
    )
