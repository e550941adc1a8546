"""What can be worn: every kind of garment, where it sits, and the words that ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from illustrator.vocabulary.tables import rows_of, words_in


class Slot(StrEnum):
    """Where a garment sits."""

    FEET = "feet"
    LEGS = "legs"
    BODY = "body"
    OVER = "over"  # over what is on the body: coats, aprons, armor
    WAIST = "waist"
    HANDS = "hands"
    BACK = "back"
    NECK = "neck"
    FACE = "face"
    HEAD = "head"


@dataclass(frozen=True)
class Garment:
    """A kind of garment. `words` are the other singular words for it; plurals are understood as well.

    `is_whole`: it covers the legs too, so that nothing else is worn there. `color` is the usual one, or empty.
    """

    kind: str
    slot: Slot
    is_whole: bool
    color: str
    words: tuple[str, ...]


@cache
def wardrobe() -> Mapping[str, Garment]:
    """Every kind that `Look.wears` may hold, in the order of dressing: what comes later is drawn over the earlier."""
    return MappingProxyType(
        {
            row["kind"]: Garment(
                row["kind"], Slot(row["slot"]), row["is_whole"] == "yes", row["color"], words_in(row["words"])
            )
            for row in rows_of("wardrobe")
        }
    )
