"""The boat in which figures at sea sit unless they swim."""

from collections.abc import Sequence

from illustrator.colors import darker, lighter
from illustrator.composition import PlacedFigure
from illustrator.hours import DARK_WOOD, WOOD
from illustrator.places.stage import Stage
from illustrator.scene import Action, Figure, Species
from illustrator.surface import curve, line, svg


def rides_in_boat(figure: Figure) -> bool:
    """Return True if a figure at sea is in the boat."""
    return figure.look.species is not Species.WHALE and figure.action not in (Action.SWIM, Action.FLY)


def draw_boat_behind(stage: Stage, riders: Sequence[PlacedFigure]) -> None:
    """Draw mast and sail, behind the riders."""
    if not riders:
        return
    left, right, y = _sides(riders)
    x, pen = (left + right) / 2 + 30, stage.pen
    pen.bar(line((x, y), (x, y - 560)), DARK_WOOD, 17)
    pen.shape(
        svg(f"M{x + 16} {y - 540}Q{x + 236} {y - 330} {x + 214} {y - 168}L{x + 16} {y - 150}z"),
        stage.snowed((250, 242, 224), 0.3),
        form=12,
    )
    pen.shape(
        svg(f"M{x - 16} {y - 510}Q{x - 150} {y - 330} {x - 164} {y - 176}L{x - 16} {y - 160}z"), (206, 92, 78), form=9
    )
    pen.shape(svg(f"M{x} {y - 574}l74 18l-74 22z"), (242, 190, 70))


def draw_boat(stage: Stage, riders: Sequence[PlacedFigure]) -> None:
    """Draw the side of the boat, before the riders' legs."""
    if not riders:
        return
    left, right, y = _sides(riders)
    pen = stage.pen
    hull = svg(
        f"M{left - 40} {y - 66}Q{(left + right) / 2} {y - 22} {right + 60} {y - 92}"
        f"Q{right + 30} {y + 50} {right - 50} {y + 70}H{left + 40}"
        f"Q{left - 30} {y + 40} {left - 40} {y - 66}z"
    )
    pen.shape(hull, WOOD, form=16)
    with pen.surface.within(hull):
        for dy in (0, 34, 66):
            pen.fine().mark(
                curve((left - 60, y - 40 + dy), ((left + right) / 2, y + 4 + dy), (right + 80, y - 64 + dy)),
                darker(WOOD, 0.3),
                4,
            )
    pen.bar(curve((left - 44, y - 68), ((left + right) / 2, y - 24), (right + 64, y - 94)), lighter(WOOD, 0.3), 16)


def _sides(riders: Sequence[PlacedFigure]) -> tuple[float, float, float]:
    left = min(rider.at.x - 150 * rider.at.scale for rider in riders)
    right = max(rider.at.x + 150 * rider.at.scale for rider in riders)
    return left, right, max(rider.at.y for rider in riders)
