"""The drawing of what a figure rests on or sits at: an icon, widened for several figures, or a bed."""

from illustrator.icons.catalog import draw_icon
from illustrator.pen import Pen
from illustrator.pieces import Piece
from illustrator.places.beds import BED_HEIGHT, BED_WIDTH, draw_bed, draw_covers
from illustrator.surface import ellipse


def draw_piece(pen: Pen, piece: Piece) -> None:
    """Draw a piece with its foot at its place."""
    if piece.has_shadow:
        reach = piece.height * piece.stretch * _SHADOWS.get(piece.name, 0.5)
        pen.glaze(ellipse(piece.x, piece.y + 2, reach, max(12.0, reach * 0.12)), (24, 20, 52), 0.24)
    if piece.name in ("bed", "bed front"):
        scale = piece.height / BED_HEIGHT
        with pen.surface.moved(piece.x, piece.y, scale=scale):
            wide = BED_WIDTH * piece.stretch
            if piece.name == "bed":
                draw_bed(pen.scaled(scale), wide, piece.pillows)
            else:
                draw_covers(pen.scaled(scale), wide, piece.color, is_made=piece.is_made)
        return
    scale = piece.height / 100
    wide = scale * piece.stretch * (-1 if piece.flip else 1)
    with pen.surface.moved(piece.x, piece.y, scale=(wide, scale)):
        draw_icon(pen.scaled(scale), piece.name)


_SHADOWS = {"bed": 0.42, "rowing boat": 0.0, "sleigh front": 1.0, "fallen log": 1.1, "doorstep": 1.1, "open car": 0.8}
"""Half the width of a shadow, as a share of the height."""
