"""Snow on buildings and plants, each drawn on a stage; where no snow lies, nothing is drawn."""

from illustrator.hours import SNOW
from illustrator.places.stage import Stage
from illustrator.surface import Point, line, svg


def snow_on_roof(
    stage: Stage, eaves: tuple[float, float, float], ridge: tuple[float, float, float], *, far: float = 0.0
) -> None:
    """Draw snow on a roof, if there is any; lower and upper edge are given as left, right and height."""
    if not stage.is_snowy:
        return
    chance, puff = stage.apart(eaves[0], eaves[2]), 0.03 * (eaves[1] - eaves[0])
    left, right, low = (a + (b - a) * 0.66 for a, b in zip(ridge, eaves, strict=True))
    top, deep, step = ridge[2], eaves[2] - ridge[2], (right - left) / max(3, round((right - left) / 34))
    hem = "".join(
        f"q{-step / 2} {deep * chance.uniform(0.12, 0.46)} {-step} 0" for _ in range(round((right - left) / step))
    )
    snow = svg(
        f"M{left - puff} {low}L{ridge[0] - puff} {top}Q{ridge[0]} {top - 2 * puff} {ridge[0] + puff} {top - 2 * puff}"
        f"H{ridge[1] - puff}Q{ridge[1]} {top - 2 * puff} {ridge[1] + puff} {top}L{right + puff} {low}H{right}{hem}z"
    )
    stage.snow_pen().shape(snow, SNOW, far=far, line=0.6)


def snow_along(stage: Stage, *points: Point, wide: float = 16, far: float = 0.0) -> None:
    """Draw snow along the upper side of a line through these points, if there is any."""
    if stage.is_snowy:
        stage.snow_pen().bar(line(*points), SNOW, wide, far=far, line=0.6)
