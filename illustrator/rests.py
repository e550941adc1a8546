"""What somebody can rest on: seats, beds, backs and vehicles; how large they are and where on them one sits."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from illustrator.bodies.poses import Posture
from illustrator.scene import Species
from illustrator.vocabulary.tables import rows_of, words_in

GROUND = "ground"
"""What somebody rests on who sits or lies on the ground although there is a seat."""


@dataclass(frozen=True)
class Rest:
    """A thing that bears somebody. `size` is its height where an adult rests on it, beside an adult at scale 1.

    The others are hundredths of that height, from its foot and its middle: where the `seat` is, from `left` to `right`,
    and how `wide` the thing is. `seats` says how many it bears, `faces` where its icon looks (1 right, 0 at us).
    `behind` and `front` are the icons before and behind which one sits; an animal of a `species` is a figure instead.
    `floats` is how far off the ground it is; it `can_be_stood_on` by whoever stands there, and `can_be_lain_on` by
    one who sleeps there alone.
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
    """Everything one can rest on: by the name of a thing, or by another word for it that means another form of it."""
    return MappingProxyType({row["name"]: _rest(row) for row in rows_of("rests")})


def rest_named(name: str, word: str | None = None) -> Rest | None:
    """What a thing is to rest on that goes by this name, and by this word in the prompt."""
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
