"""The views of the cameras, in numbers."""

from dataclasses import dataclass

from illustrator.places.stage import FEET
from illustrator.scene import Camera


@dataclass(frozen=True)
class View:
    """The view of a camera: the enlargement of the backdrop around a point, its shift, and the place of figures."""

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
