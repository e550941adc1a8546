"""What a backdrop is painted on and with: canvas, light, chance; and the shapes that several places share."""

import math
import random
from dataclasses import dataclass

from studio.illustrator.canvas import Canvas, Color, color_of, mix
from studio.illustrator.palettes import LEAVES, SNOW, Hour

HORIZON = 610.0
_BARK = color_of("#7a5540")


@dataclass(frozen=True)
class Stage:
    """A scene in the making; `chance` is the place's own, the same whenever the place recurs."""

    canvas: Canvas
    hour: Hour
    is_snowy: bool
    chance: random.Random

    @property
    def width(self) -> float:
        return self.canvas.width

    def lit(self, color: Color, distance: float = 0.0) -> Color:
        """A thing of this colour in the light of the hour."""
        return self.hour.on(color, distance)

    def land(self, code: str, distance: float = 0.0) -> Color:
        """Open ground, which snow covers."""
        color = color_of(code)
        return self.lit(mix(color, SNOW, 0.82) if self.is_snowy else color, distance)

    def ridge(self, y: float, swing: float, color: Color) -> None:
        """Rolling ground from the line at `y`, give or take `swing`, down to the lower edge."""
        waves = [(self.chance.uniform(0.6, 1.6), self.chance.uniform(0, 6.28), swing / 2) for _ in range(2)]
        line = [
            (x, y + sum(height * math.sin(x / self.width * 6.28 * beats + shift) for beats, shift, height in waves))
            for x in (self.width * step / 48 for step in range(49))
        ]
        self.canvas.polygon([(0, 1000), *line, (self.width, 1000)], color)

    def spread(self, count: int) -> list[float]:
        """Places across the whole width, one in each of `count` equal parts."""
        part = self.width / count
        return [part * (index + self.chance.uniform(0.15, 0.85)) for index in range(count)]

    def tree(self, x: float, y: float, size: float, distance: float) -> None:
        """A round tree or a fir, its foot at (x, y)."""
        leaf = self.lit(mix(self.chance.choice(LEAVES), SNOW, 0.55 if self.is_snowy else 0.0), distance)
        self.canvas.block(x - size * 0.06, y - size * 0.5, x + size * 0.06, y, self.lit(_BARK, distance))
        if self.chance.random() < 0.5:
            for level in range(3):
                top, half = y - size * (1.05 - 0.24 * level), size * (0.2 + 0.08 * level)
                points = [(x, top), (x + half, top + size * 0.42), (x - half, top + size * 0.42)]
                self.canvas.polygon(points, mix(leaf, self.hour.tint, 0.1 * (2 - level)), rounding=size * 0.03)
            return
        for dx, dy, r in ((-0.2, 0.55, 0.23), (0.2, 0.55, 0.23), (0.0, 0.5, 0.22), (0.0, 0.74, 0.27)):
            self.canvas.ellipse(x + dx * size, y - dy * size, r * size, r * size, leaf)
        self.canvas.ellipse(x - 0.06 * size, y - 0.8 * size, 0.13 * size, 0.11 * size, mix(leaf, self.hour.disc, 0.18))

    def window(self, x: float, y: float, width: float, height: float, frame: Color) -> None:
        """A window that shows the sky of the hour."""
        self.canvas.block(x - 12, y - 12, x + width + 12, y + height + 12, frame, radius=10)
        self.canvas.gradient(x, y, x + width, y + height, self.hour.sky)
        self.canvas.ellipse(x + width * 0.68, y + height * 0.32, 24, 24, self.hour.disc)
        self.canvas.line([(x + width / 2, y), (x + width / 2, y + height)], frame, 9)
        self.canvas.line([(x, y + height / 2), (x + width, y + height / 2)], frame, 9)
