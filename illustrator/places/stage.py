"""The stage on which a scene is drawn: pens, light, chance, and the lights that shining things leave behind."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from illustrator.colors import mix
from illustrator.hours import FIRE, LAMP, SNOW, Hour
from illustrator.icons.catalog import draw_icon, is_drawn
from illustrator.pen import Pen
from illustrator.scene import Color, Season, Weather
from illustrator.seasons import grass_in, leaf_in, snow_over, stands_in, water_in
from illustrator.surface import Point, polygon

SHINING: dict[str, tuple[float, Color]] = {
    "candle": (230, LAMP),
    "chandelier": (330, LAMP),
    "crystal-ball": (170, (150, 140, 255)),
    "diya-lamp": (190, LAMP),
    "fairy lights": (190, LAMP),
    "fire": (330, FIRE),
    "firefly": (80, (250, 240, 140)),
    "fireplace": (330, FIRE),
    "fireworks": (330, (255, 190, 220)),
    "flashlight": (200, LAMP),
    "full-moon": (260, (230, 230, 200)),
    "gem-stone": (130, (130, 200, 255)),
    "jack-o-lantern": (170, FIRE),
    "lamp post": (270, LAMP),
    "lantern": (260, LAMP),
    "lighthouse": (300, (255, 240, 180)),
    "magic-wand": (140, (255, 220, 255)),
    "oven": (190, FIRE),
    "red-paper-lantern": (270, (255, 140, 90)),
    "rocket": (150, FIRE),
    "shooting-star": (140, (255, 245, 200)),
    "spotlight": (240, LAMP),
    "star": (110, (255, 240, 160)),
    "sun": (260, (255, 230, 150)),
    "torch": (270, FIRE),
}
"""Radius and colour of the light of things that shine."""

HORIZON = 600.0
FEET = 905.0
BOTTOM = 1500.0
"""Lower end of drawn ground; a view from above shows ground below the picture's edge."""


@dataclass(frozen=True)
class Light:
    """A light: its place, its radius, its colour, and its strength, 0 to 1."""

    x: float
    y: float
    radius: float
    color: Color = LAMP
    strength: float = 0.7


@dataclass
class Stage:
    """A scene while it is drawn; units are those of a picture 1000 high and `width` wide.

    `chance` and `seed` belong to the place and are the same whenever the place recurs. Everything stays at its place
    because painters take the same amount from `chance` in every hour, weather and season, and use `apart` for what only
    some of them have. `textile` is the colour of bedclothes. `without` names the place's furniture that a figure rests
    on; it is drawn with that figure instead.
    """

    pen: Pen
    width: float
    hour: Hour
    weather: Weather
    chance: random.Random
    is_indoors: bool = False
    season: Season = Season.SUMMER
    seed: str = ""
    textile: Color = (150, 168, 214)
    without: frozenset[str] = frozenset()
    lights: list[Light] = field(default_factory=list)

    @property
    def is_snowy_outside(self) -> bool:
        return self.weather is Weather.SNOW or self.season is Season.WINTER

    @property
    def is_snowy(self) -> bool:
        return self.is_snowy_outside and not self.is_indoors

    @property
    def is_dark(self) -> bool:
        return self.hour.is_dark

    @property
    def growth(self) -> Season:
        """Return the season for plants: winter under any snow, summer in rooms."""
        return Season.SUMMER if self.is_indoors else Season.WINTER if self.is_snowy else self.season

    def snowed(self, color: Color, share: float = 0.8) -> Color:
        """Return the colour of open ground, or of a roof, under snow."""
        return mix(color, SNOW, share) if self.is_snowy else color

    def ground(self, color: Color, far: float = 0.0) -> Color:
        """Return the colour of open ground that is green in summer."""
        return snow_over(color, far) if self.is_snowy else self.grass(color)

    def grass(self, color: Color) -> Color:
        """Return the colour of grass and reeds that are green in summer."""
        return grass_in(self.growth, color)

    def leaf(self, color: Color, x: float, y: float) -> Color:
        """Return the colour of the leaves of a tree at this point."""
        return leaf_in(self.growth, color, self.apart(x, y))

    def still_water(self, color: Color) -> Color:
        """Return the colour of a river, a lake or a harbour."""
        return water_in(self.season, color)

    def apart(self, x: float, y: float) -> random.Random:
        """Return a separate source of chance for what one hour, weather or season adds at a point."""
        return random.Random(f"{self.seed} {x:.0f} {y:.0f}")  # noqa: S311 - a drawing needs no secure randomness

    def between(self, low: float, high: float) -> float:
        return self.chance.uniform(low, high)

    def pick(self, colors: Sequence[Color]) -> Color:
        return self.chance.choice(colors)

    def spread(self, count: int, margin: float = 0.0) -> list[float]:
        """Return places across the whole width, one in each of `count` equal parts, from left to right."""
        part = (self.width + 2 * margin) / count
        return [part * (index + self.between(0.2, 0.8)) - margin for index in range(count)]

    def across(self, per_thousand: float) -> int:
        """Return the number of things that fit across the width if a square picture has `per_thousand`."""
        return max(1, round(per_thousand * self.width / 1000))

    def shine(self, x: float, y: float, radius: float, color: Color = LAMP, strength: float = 0.7) -> None:
        """Add a light, which shines when it is dark enough, and always indoors."""
        share = 1.0 if self.is_dark else 0.3 if self.is_indoors else 0.12
        self.lights.append(Light(x, y, radius, color, strength * share))

    def ridge(self, y: float, swing: float, color: Color, *, far: float = 0.0, line: float = 1.0) -> list[Point]:
        """Draw rolling ground below a line at `y`, which varies by `swing`, and return that line."""
        waves = [(self.between(0.5, 1.8), self.between(0, 6.28), swing / 2) for _ in range(2)]
        steps = 28
        points = [
            (x, y + sum(height * math.sin(x / 1000 * 6.28 * beats + shift) for beats, shift, height in waves))
            for x in (-40 + (self.width + 80) * step / steps for step in range(steps + 1))
        ]
        path = polygon((-40, BOTTOM), *points, (self.width + 40, BOTTOM))
        pen = self.snow_pen() if self.is_snowy else self.pen
        pen.shape(path, self.ground(color, far), far=far, line=line)
        return points

    def thing(self, name: str, x: float, y: float, height: float, *, far: float = 0.0, flip: bool = False) -> None:
        """Draw an icon with its foot at a point; a thing that shines adds its light."""
        pen = self.glowing() if name in SHINING else self.pen
        with pen.surface.moved(x, y, scale=(-height / 100 if flip else height / 100, height / 100)):
            draw_icon(pen.scaled(height / 100), name, far=far)
            if self.is_snowy and is_drawn(f"snow on {name}"):
                draw_icon(self.snow_pen().scaled(height / 100), f"snow on {name}", far=far)
        if name in SHINING:
            reach, color = SHINING[name]
            self.shine(x, y - height * 0.6, reach * max(1.0, (height / 100) ** 0.5), color)

    def seasonal_thing(self, name: str, x: float, y: float, height: float) -> None:
        """Draw what grows or lives at a point where `name` does in summer: that, another thing, or nothing."""
        found = stands_in(self.growth, name)
        if found:
            self.thing(found, x, y, height)

    def snow_pen(self) -> Pen:
        """Return a pen for snow, which reflects the little light of a night."""
        return self.pen.in_light(mix(self.pen.light, (214, 226, 255), 0.3)) if self.is_dark else self.pen

    def glowing(self) -> Pen:
        """Return a pen for shining things, which the dark leaves unchanged; by day an ordinary pen."""
        return self.pen.in_light((255, 255, 255)) if self.is_dark or self.is_indoors else self.pen
