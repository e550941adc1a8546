"""The things that a figure can rest on: seats, beds, backs and vehicles, with their sizes and the place of the seat."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from illustrator.bodies.poses import Posture
from illustrator.scene import Species
from illustrator.vocabulary.tables import rows_of, words_in

GROUND = "ground"
"""Bearer of a figure that sits or lies on the ground although there is a seat."""


@dataclass(frozen=True)
class Rest:
    """A thing that bears figures. `size` is its height for an adult, beside an adult at scale 1.

    `seat`, `left`, `right` and `wide` are hundredths of that height, from the thing's foot and middle: the height of
    the seat, its two ends, and the width of the thing. `seats` is the number of figures that it bears, `faces` the
    direction of its icon (1 right, 0 at the viewer). `behind` and `front` are the icons behind and before the figure;
    an animal of a `species` is a figure instead. `floats` is its height off the ground. A standing figure can be on it
    if it `can_be_stood_on`, and a single sleeper if it `can_be_lain_on`.
    """

    name: str
    posture: Posture
    size: float
    seat: float
    left: float
    right: float
    seats: int
    wide: float
    faces: int
    behind: str
    front: str
    floats: float
    can_be_stood_on: bool
    can_be_lain_on: bool
    species: Species | None


@cache
def rests() -> Mapping[str, Rest]:
    """Return everything to rest on, by the name of a thing, or by another word for it that means another form of it."""
    return MappingProxyType({row["name"]: _rest(row) for row in rows_of("rests")})


def rest_named(name: str, word: str | None = None) -> Rest | None:
    """Return the thing of this name to rest on, in the form that the prompt's word means, or None."""
    return rests().get(word or name) or rests().get(name)


def _rest(row: Mapping[str, str]) -> Rest:
    return Rest(
        name=row["name"],
        posture=Posture(row["posture"]),
        size=float(row["size"]),
        seat=float(row["seat"]),
        left=float(row["left"]),
        right=float(row["right"]),
        seats=int(row["seats"]),
        wide=float(row["wide"]),
        faces=int(row["faces"]),
        behind=row["behind"],
        front=row["front"],
        floats=float(row["floats"] or 0),
        can_be_stood_on="stand" in words_in(row["also"]),
        can_be_lain_on="lie" in words_in(row["also"]),
        species=Species(row["species"]) if row["species"] else None,
    )
