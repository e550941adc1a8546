"""The furniture of a group in the picture: beds, seats, vehicles, tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from illustrator.arrangement import Arrangement
from illustrator.bodies.figure import Standing
from illustrator.bodies.poses import Posture
from illustrator.bodies.skeleton import size_of
from illustrator.loose_things import Board
from illustrator.places.beds import BED_HEIGHT
from illustrator.rests import GROUND
from illustrator.scene import Action, Color

_TABLE_HEIGHT, _BOARD = 176.0, 0.6
"""Height of a table's icon for adults, and the height of the table's top as a share of it."""
_TABLES = {"table", "desk"}


@dataclass(frozen=True)
class Piece:
    """A thing that figures rest on or sit at: its icon, its foot, its height in the picture, the factor by which it is
    widened, and for a bed the places of its pillows and the reach of its blanket.
    """

    name: str
    x: float
    y: float
    height: float
    stretch: float = 1.0
    flip: bool = False
    has_shadow: bool = True
    color: Color = (0, 0, 0)
    pillows: tuple[float, ...] = ()
    is_made: bool = False


def pieces_of(
    arrangement: Arrangement, at: Standing, textile: Color, *, has_shadow: bool
) -> tuple[list[Piece], tuple[Piece, ...]]:
    """Return the pieces of a group's furniture that are drawn behind all figures, and those over its own figures."""
    group = arrangement.group
    behind: list[Piece] = []
    over: list[Piece] = []
    if group.rest is not None and group.rest.species is None:
        rest = group.rest
        flips = rest.faces * at.facing < 0 or (rest.posture is Posture.LYING and at.facing < 0)
        height = arrangement.height * at.scale
        piece = Piece(rest.behind, at.x, at.y, height, arrangement.stretch, flips, has_shadow, textile)
        if rest.posture is Posture.TUCKED:
            behind, over = _bed(piece, arrangement)
        elif group.has_seats_of_their_own:
            behind = [replace(piece, x=at.x + slot.x * at.scale) for slot in arrangement.slots]
        elif rest.name != GROUND or arrangement.slots[0].posture is Posture.LYING:
            behind = [piece] if rest.behind else []
            over = [replace(piece, name=rest.front, has_shadow=has_shadow and not behind)] if rest.front else []
    if group.table is not None:
        largest = max(size_of(slot.figure.look) for slot in arrangement.slots)
        height = _TABLE_HEIGHT * at.scale * largest**0.4
        over.append(Piece(group.table, at.x, at.y + 14, height, arrangement.width * at.scale / height))
    return behind, tuple(over)


def board_of(pieces: Sequence[Piece]) -> Board | None:
    """Return the top of the table among the pieces, or None."""
    for piece in pieces:
        if piece.name in _TABLES:
            half = piece.height * piece.stretch * 0.42
            return Board(piece.x - half, piece.x + half, piece.y - _BOARD * piece.height)
    return None


def _bed(piece: Piece, arrangement: Arrangement) -> tuple[list[Piece], list[Piece]]:
    """Return a bed, and its blanket and foot: over a figure that lies in it, behind a figure that sits on its edge."""
    tucked = [slot for slot in arrangement.slots if slot.posture is Posture.TUCKED]
    unit = arrangement.height / BED_HEIGHT
    bed = replace(
        piece,
        name="bed",
        pillows=tuple(slot.x / unit for slot in tucked) or (0.0,),
        is_made=all(slot.figure.action is Action.SLEEP for slot in tucked),
    )
    front = replace(bed, name="bed front", has_shadow=False)
    return ([bed], [front]) if tucked else ([bed, front], [])
