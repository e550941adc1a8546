"""A drawing surface with soft edges: everything is drawn at twice the size and halved at the end.

Units are the picture's own: its height is 1000 whatever its pixels, so that every size shows the same drawing.
"""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

Color = tuple[int, int, int]
Point = tuple[float, float]

_OVERSAMPLING = 2


def color_of(code: str) -> Color:
    """A colour from `#rrggbb`."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def mix(color: Color, other: Color, share: float) -> Color:
    """The first colour with this share (0 to 1) of the other in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, other, strict=True))
    return red, green, blue


class Canvas:
    """Flat shapes, vertical gradients and soft light, in the order they are drawn."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._unit = size[1] * _OVERSAMPLING / 1000
        self.width = 1000 * size[0] / size[1]
        self._image = Image.new("RGB", (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING))
        self._opaque = ImageDraw.Draw(self._image)
        self._glazing = ImageDraw.Draw(self._image, "RGBA")

    def ellipse(self, x: float, y: float, rx: float, ry: float, color: Color, *, opacity: float = 1.0) -> None:
        pen, ink = self._pen(color, opacity)
        pen.ellipse(self._box(x - rx, y - ry, x + rx, y + ry), fill=ink)

    def block(self, x0: float, y0: float, x1: float, y1: float, color: Color, *, radius: float = 0.0) -> None:
        """A rectangle, with round corners if `radius` says so."""
        self._opaque.rounded_rectangle(self._box(x0, y0, x1, y1), radius * self._unit, fill=color)

    def polygon(self, points: Sequence[Point], color: Color, opacity: float = 1.0, rounding: float = 0.0) -> None:
        """A filled outline; `rounding` lets it grow by that much, with round corners."""
        pen, ink = self._pen(color, opacity)
        pen.polygon([self._at(point) for point in points], fill=ink)
        if rounding:
            self.line([*points, points[0]], color, 2 * rounding)

    def line(self, points: Sequence[Point], color: Color, width: float, opacity: float = 1.0) -> None:
        """A line with round joints, and round ends if it is opaque."""
        pen, ink = self._pen(color, opacity)
        pen.line([self._at(point) for point in points], fill=ink, width=round(width * self._unit), joint="curve")
        if opacity == 1.0:
            for x, y in (points[0], points[-1]):
                self.ellipse(x, y, width / 2, width / 2, color)

    def curve(self, x: float, y: float, rx: float, ry: float, color: Color, *, width: float, turn: int = 0) -> None:
        """Half an ellipse as a line: the lower half, or the upper one with `turn` 180."""
        angles = [math.radians(turn + step * 12) for step in range(16)]
        self.line([(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles], color, width)

    def gradient(self, x0: float, y0: float, x1: float, y1: float, stops: Sequence[Color]) -> None:
        """Fill a rectangle from the first colour at its top to the last at its bottom."""
        left, top, right, bottom = (round(edge) for edge in self._box(x0, y0, x1, y1))
        strip = Image.new("RGB", (1, len(stops)))
        strip.putdata(list(stops))
        size = (max(1, right - left), max(1, bottom - top))
        self._image.paste(strip.resize((1, size[1]), Image.Resampling.BICUBIC).resize(size), (left, top))

    def glow(self, x: float, y: float, rx: float, color: Color, strength: float, *, ry: float | None = None) -> None:
        """Light, or fog, that fades from the middle to the rim of an ellipse; a circle without `ry`."""
        ry = rx if ry is None else ry
        left, top, right, bottom = (round(edge) for edge in self._box(x - rx, y - ry, x + rx, y + ry))
        levels = [round(max(0, 1 - distance / 180) ** 2 * 255 * strength) for distance in range(256)]
        fading = Image.radial_gradient("L").point(levels)
        self._image.paste(color, (left, top, right, bottom), fading.resize((right - left, bottom - top)))

    def finished(self) -> Image.Image:
        """The picture in the size that was asked for."""
        return self._image.reduce(_OVERSAMPLING)

    def _pen(self, color: Color, opacity: float) -> tuple[ImageDraw.ImageDraw, tuple[int, ...]]:
        return (self._opaque, color) if opacity == 1.0 else (self._glazing, (*color, round(255 * opacity)))

    def _at(self, point: Point) -> Point:
        return point[0] * self._unit, point[1] * self._unit

    def _box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        return x0 * self._unit, y0 * self._unit, x1 * self._unit, y1 * self._unit
