"""From where a scene is seen, in numbers."""

from dataclasses import dataclass

from illustrator.places.stage import FEET
from illustrator.scene import Camera


@dataclass(frozen=True)
class View:
    """What a camera does: how the backdrop is enlarged around a point and shifted, and how figures stand in it."""

    zoom: float = 1.0
    shift: float = 0.0
    figures: float = 1.0
    feet: float = FEET
    squash: float = 1.0


VIEWS = {
    Camera.MEDIUM: View(),
    Camera.CLOSE_UP: View(zoom=1.4, figures=1.72, feet=1170),
    Camera.WIDE: View(figures=0.56, feet=868),
    Camera.FROM_ABOVE: View(shift=-250, figures=0.86, feet=850, squash=0.88),
}
