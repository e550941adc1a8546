"""Sky and weather: what is above the land, and what falls in front of it."""

import random
from dataclasses import replace

from studio.illustrator.canvas import Canvas, color_of, mix
from studio.illustrator.palettes import WHITE, Hour

_STORM = color_of("#3c4660")
_RAIN_LIGHT = color_of("#d9e8f5")
_FOG = color_of("#eef1f3")


def dulled(hour: Hour, weather: str) -> Hour:
    """The hour's light as the weather leaves it."""
    share = {"storm": 0.78, "rain": 0.55, "cloudy": 0.3, "snow": 0.25, "fog": 0.45}.get(weather, 0.0)
    cover = _STORM if weather in ("storm", "rain") else color_of("#c4ccd8")
    cover = mix(cover, hour.tint, hour.tint_share)
    top, middle, horizon = (mix(color, cover, share) for color in hour.sky)
    tint, tint_share = mix(hour.tint, cover, share), hour.tint_share + share / 3
    return replace(hour, sky=(top, middle, horizon), tint=tint, tint_share=tint_share)


def paint_sky(canvas: Canvas, hour: Hour, weather: str, chance: random.Random) -> None:
    """The sky with its sun or moon, stars and clouds."""
    canvas.gradient(0, 0, canvas.width, 700, hour.sky)
    if hour.has_moon:
        for _ in range(70):
            x, y, radius = chance.uniform(0, canvas.width), chance.uniform(0, 480), chance.choice((1.6, 2.2, 3.2))
            canvas.ellipse(x, y, radius, radius, WHITE, opacity=0.8)
    if weather in ("clear", "snow", "fog"):
        x, y = canvas.width * chance.choice((0.18, 0.3, 0.7, 0.82)), chance.uniform(130, 250)
        canvas.glow(x, y, 330, hour.disc, 0.7)
        canvas.ellipse(x, y, 58, 58, hour.disc)
        if hour.has_moon:
            canvas.ellipse(x - 16, y - 10, 11, 9, mix(hour.disc, hour.sky[1], 0.25))
            canvas.ellipse(x + 18, y + 16, 15, 12, mix(hour.disc, hour.sky[1], 0.25))
    count = {"clear": 3, "snow": 4, "fog": 2}.get(weather, 8)
    for index in range(count):
        _cloud(canvas, hour, canvas.width * (index + chance.uniform(0.1, 0.9)) / count, chance)
    if weather == "storm":
        x = canvas.width * chance.uniform(0.25, 0.75)
        bolt = [(x, 150), (x - 50, 330), (x - 8, 320), (x - 56, 500), (x + 50, 280), (x + 8, 290), (x + 54, 150)]
        canvas.glow(x, 300, 300, _RAIN_LIGHT, 0.6)
        canvas.polygon(bolt, color_of("#fff3b0"))


def paint_weather(canvas: Canvas, weather: str, chance: random.Random) -> None:
    """What falls in front of everything."""
    if weather in ("rain", "storm"):
        for _ in range(130):
            x, y, length = chance.uniform(-40, canvas.width), chance.uniform(-40, 1000), chance.uniform(26, 50)
            canvas.line([(x, y), (x - length * 0.28, y + length)], _RAIN_LIGHT, 4, opacity=0.5)
    elif weather == "snow":
        for _ in range(120):
            radius = chance.uniform(3, 8)
            canvas.ellipse(chance.uniform(0, canvas.width), chance.uniform(0, 1000), radius, radius, WHITE, opacity=0.9)
    elif weather == "fog":
        for step in range(5):
            y = 600 + step * 80 + chance.uniform(-20, 20)
            canvas.glow(canvas.width * chance.uniform(0.1, 0.9), y, canvas.width * 0.7, _FOG, 0.4, ry=90)


def _cloud(canvas: Canvas, hour: Hour, x: float, chance: random.Random) -> None:
    y, size = chance.uniform(70, 330), chance.uniform(0.7, 1.3)
    color = mix(mix(WHITE, hour.sky[2], 0.35), hour.sky[1], min(0.8, 0.1 + hour.tint_share * 0.75))
    canvas.block(x - 110 * size, y - 34 * size, x + 110 * size, y + 18 * size, color, radius=26 * size)
    for dx, dy, radius in ((-46, -34, 44), (16, -52, 58), (66, -26, 38)):
        canvas.ellipse(x + dx * size, y + dy * size, radius * size, radius * size, color)
