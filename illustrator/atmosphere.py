"""The sky with sun, moon, stars and clouds, and the weather in front of the picture."""

import math
import random
from collections.abc import Sequence

from illustrator.colors import lighter, mix
from illustrator.hours import Hour
from illustrator.pen import Pen
from illustrator.places.stage import BOTTOM, HORIZON, Stage
from illustrator.scene import Color, Moon, Season, Weather
from illustrator.seasons import BLOWN
from illustrator.surface import (
    Gradient,
    Path,
    Surface,
    blob,
    box,
    curve,
    ellipse,
    fall,
    glow,
    joined,
    line,
    polygon,
    shifted,
    svg,
    without,
)

_CLOUDS = {Weather.CLEAR: 3, Weather.WIND: 4, Weather.FOG: 0, Weather.SNOW: 5, Weather.CLOUDY: 8}
_VEILED = (Weather.RAIN, Weather.STORM, Weather.FOG)


def draw_sky(stage: Stage, chance: random.Random, *, bottom: float = HORIZON + 60) -> None:
    """Draw the sky and everything in it, from the top down to `bottom`."""
    surface, hour = stage.pen.surface, stage.hour
    surface.cover(fall(0, bottom, *hour.sky))
    if stage.pen.hand.lift:
        _draw_paper_sky(stage, bottom, chance)
    x, y = hour.disc_at[0] * stage.width, hour.disc_at[1] * 1000
    if hour.has_moon and stage.weather not in _VEILED:
        _draw_stars(surface, stage.width, chance)
    if stage.weather not in _VEILED and hour.has_disc:
        reach = 520 if not hour.is_dark else 420 if hour.moon is Moon.FULL else 300
        surface.fill(ellipse(x, y, reach), glow(x, y, reach, lighter(hour.disc, 0.45), 0.62), mode="screen")
        draw_disc(stage.pen, hour, x, y, 62)
    for _ in range(stage.across(_CLOUDS.get(stage.weather, 9))):
        where = (stage.width * chance.uniform(-0.05, 1.05), chance.uniform(50, 330))
        size = chance.uniform(0.6, 1.25) * (1.25 if stage.weather in _VEILED else 1)
        # A moon whose phase the storyboard names stays visible.
        if hour.moon is Moon.CRESCENT or not hour.has_moon or math.dist(where, (x, y)) > 60 + 110 * size:
            draw_cloud(stage, *where, size, chance)


def _draw_paper_sky(stage: Stage, bottom: float, chance: random.Random) -> None:
    """Draw the sky as sheets of paper, each lower one before the higher one."""
    sky, pen, count = stage.hour.sky, stage.pen.in_light((255, 255, 255)), 5
    for index in range(1, count):
        share = index / count * (len(sky) - 1)
        color = mix(sky[int(share)], sky[min(len(sky) - 1, int(share) + 1)], share % 1)
        y, step = bottom * index / count, stage.width / 4
        shift = chance.uniform(0, step)
        crests = "".join(f"q{step / 2} {-46 * (-1) ** n} {step} 0" for n in range(7))
        pen.shape(svg(f"M{-step - shift} {BOTTOM}V{y}{crests}V{BOTTOM}z"), color)


def draw_disc(pen: Pen, hour: Hour, x: float, y: float, radius: float) -> None:
    """Draw the sun, or the moon in its phase; a new moon draws nothing."""
    pen = pen.in_light((255, 255, 255))
    if hour.has_disc:
        disc = _moon(hour.moon, x, y, radius * 0.8) if hour.has_moon else ellipse(x, y, radius)
        pen.shape(disc, hour.disc, line=0.6 if hour.has_moon else 0.75)
    if hour.has_moon and hour.moon is Moon.FULL:
        for dx, dy, part in ((-0.28, -0.22, 0.2), (0.24, 0.06, 0.26), (-0.16, 0.36, 0.14)):
            pen.glaze(ellipse(x + dx * radius, y + dy * radius, part * radius), mix(hour.disc, hour.sky[1], 0.5), 0.3)


def _moon(phase: Moon, x: float, y: float, radius: float) -> Path:
    """Return the outline of the bright part of the moon."""
    whole = ellipse(x, y, radius)
    if phase is Moon.FULL:
        return whole
    if phase is Moon.HALF:
        return without(
            whole, polygon((x - radius, y - radius * 2), (x + radius, y + radius * 2), (x + radius * 2, y - radius))
        )
    return without(whole, ellipse(x + radius * 0.475, y - radius * 0.25, radius * 0.85))


def draw_cloud(stage: Stage, x: float, y: float, size: float, chance: random.Random, deep: float = 0.0) -> None:
    """Draw a heap of round puffs with a flat foot; `deep`, 0 to 1, makes it bluer and darker."""
    puffs = [ellipse(x, y, 74 * size, 42 * size)]
    for dx, lift, radius in ((-66, 4, 36), (62, 2, 40), (-22, 34, 46), (28, 28, 42)):
        puffs.append(ellipse(x + (dx + chance.uniform(-9, 9)) * size, y - lift * size, radius * size))
    foot = y + 26 * size
    whole = without(joined(*puffs), box(x - 400, foot, 800, 200 * size))
    color = mix(stage.hour.cloud, stage.hour.sky[0], deep)
    pen = stage.pen.in_light((255, 255, 255))
    pen.shape(whole, color, far=0.0, line=0.55)
    side = without(whole, shifted(whole, -6 * size, -17 * size))
    pen.glaze(side, mix(stage.hour.sky[0], color, 0.35), 0.3)


def _draw_stars(surface: Surface, width: float, chance: random.Random) -> None:
    for _ in range(int(width / 1000 * 90)):
        x, y, size = chance.uniform(0, width), chance.uniform(0, 470), chance.choice((1.3, 1.6, 2.2, 3.2))
        surface.fill(ellipse(x, y, size), (255, 250, 225), chance.uniform(0.45, 1.0))
        if size > 3:
            surface.stroke(line((x - 8, y), (x + 8, y)), (255, 250, 225), 1.2, 0.6)
            surface.stroke(line((x, y - 8), (x, y + 8)), (255, 250, 225), 1.2, 0.6)


def draw_weather(surface: Surface, width: float, weather: Weather, season: Season, chance: random.Random) -> None:
    """Draw what falls or blows in front of the picture."""
    if weather in (Weather.RAIN, Weather.STORM):
        _draw_rain(surface, width, chance, heavy=weather is Weather.STORM)
    elif weather is Weather.SNOW:
        for _ in range(int(150 * width / 1000)):
            size = chance.choice((2.2, 3.2, 4.4, 6.5))
            spot = ellipse(chance.uniform(0, width), chance.uniform(0, 1000), size)
            surface.fill(spot, (255, 255, 255), chance.uniform(0.7, 1.0))
    elif weather is Weather.WIND:
        _draw_wind(surface, width, BLOWN[season], chance)


def draw_fog(
    surface: Surface,
    width: float,
    hour: Hour,
    chance: random.Random,
    low: float,
    high: float,
    *,
    strength: float = 0.75,
) -> None:
    """Draw soft bands of fog between two heights."""
    color = mix(hour.haze, (255, 255, 255), 0.0 if hour.is_dark else 0.35)
    stops = ((0.0, color, 0.0), (0.5, color, strength * 0.8), (1.0, color, 0.0))
    surface.fill(box(-50, low - 160, width + 100, high - low + 320), Gradient((0, low - 160), (0, high + 160), stops))
    for _ in range(5):
        x, y, radius = chance.uniform(0, width), chance.uniform(low, high), chance.uniform(420, 640)
        with surface.moved(x, y, scale=(1.6, 0.16)):
            surface.fill(ellipse(0, 0, radius), glow(0, 0, radius, color, strength))


def draw_lightning(stage: Stage, chance: random.Random) -> None:
    """Draw one bolt of lightning down to the horizon, and its light on the clouds."""
    x = stage.width * chance.choice((0.2, 0.38, 0.62, 0.82))
    surface = stage.pen.surface
    surface.fill(ellipse(x, 240, 480), glow(x, 240, 480, (240, 240, 255), 0.55))
    bolt = ((0, 120), (-46, 330), (-8, 318), (-52, 520), (44, 272), (6, 284), (46, 120))
    stage.pen.in_light((255, 255, 255)).shape(polygon(*[(x + a, b) for a, b in bolt]), (255, 243, 176), line=0.6)


def _draw_rain(surface: Surface, width: float, chance: random.Random, *, heavy: bool) -> None:
    slant, length = (26, 74) if heavy else (10, 52)
    for _ in range(int((150 if heavy else 110) * width / 1000)):
        x, y, part = chance.uniform(0, width + 60), chance.uniform(-40, 960), chance.uniform(0.6, 1.1)
        drop = line((x, y), (x - slant * part, y + length * part))
        surface.stroke(drop, (226, 238, 250), chance.choice((2.0, 2.8, 3.6)), chance.uniform(0.45, 0.8))


def _draw_wind(surface: Surface, width: float, blown: Sequence[Color], chance: random.Random) -> None:
    for _ in range(int(9 * width / 1000) + 2):
        x, y, long = chance.uniform(-100, width * 0.9), chance.uniform(120, 820), chance.uniform(150, 290)
        streak = curve(
            (x, y), (x + long * 0.4, y - 24), (x + long * 0.8, y + 14), (x + long, y - 14), (x + long - 34, y - 42)
        )
        surface.stroke(streak, (255, 255, 255), 4.2, 0.75)
    for _ in range(int(20 * width / 1000)):
        size = chance.uniform(8, 15)
        leaf = blob((-size, 0), (-size * 0.2, -size * 0.6), (size * 1.2, 0), (-size * 0.2, size * 0.6))
        with surface.moved(chance.uniform(0, width), chance.uniform(90, 930), turn=chance.uniform(0, 360)):
            surface.fill(leaf, chance.choice(blown))
