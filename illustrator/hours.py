"""The light and the colours of each hour and weather."""

from dataclasses import dataclass, replace

from illustrator.colors import color_of, colors_of, lit_by, luminance, mix
from illustrator.scene import Color, Moon, Time, Weather


@dataclass(frozen=True)
class Hour:
    """The light of a time of day: the sky from top to horizon, sun or moon, the light on things, the distant haze.

    `moon` is the phase of the moon in the hours that have one.
    """

    sky: tuple[Color, ...]
    disc: Color
    cloud: Color
    light: Color
    haze: Color
    is_dark: bool
    has_moon: bool
    disc_at: tuple[float, float]
    moon: Moon = Moon.CRESCENT

    @property
    def has_disc(self) -> bool:
        """Return True if a sun or a moon is visible; a new moon is not."""
        return not (self.has_moon and self.moon is Moon.NEW)


def _hour(
    *,
    sky: str,
    disc: str,
    cloud: str,
    light: str,
    haze: str,
    disc_at: tuple[float, float],
    dark: bool = False,
    moon: bool = False,
) -> Hour:
    return Hour(
        sky=colors_of(sky),
        disc=color_of(disc),
        cloud=color_of(cloud),
        light=color_of(light),
        haze=color_of(haze),
        is_dark=dark,
        has_moon=moon,
        disc_at=disc_at,
    )


HOURS = {
    Time.DAWN: _hour(
        sky="#7fa2e3 #c3b8e6 #f6bfc6 #ffdcb0",
        disc="#fff3c4",
        cloud="#ffe6e2",
        light="#ffeee6",
        haze="#f9d9cd",
        disc_at=(0.3, 0.5),
    ),
    Time.DAY: _hour(
        sky="#4aa5ea #7cc3f2 #b5e0f6 #eef7ee",
        disc="#ffdf7c",
        cloud="#ffffff",
        light="#ffffff",
        haze="#d2ebf2",
        disc_at=(0.8, 0.15),
    ),
    Time.SUNSET: _hour(
        sky="#5a479c #b9569a #f0767a #ffc274",
        disc="#fff0b0",
        cloud="#ffc3a6",
        light="#ffd6bd",
        haze="#f4a98c",
        disc_at=(0.66, 0.5),
    ),
    Time.EVENING: _hour(
        sky="#282d76 #54499a #a8659f #f3a184",
        disc="#fbf1cf",
        cloud="#8d6fae",
        light="#a79bd6",
        haze="#9a7bb0",
        disc_at=(0.78, 0.2),
        dark=True,
        moon=True,
    ),
    Time.NIGHT: _hour(
        sky="#0b1138 #16225a #263a7d #48609f",
        disc="#fbf3d0",
        cloud="#4b5c9c",
        light="#6c7cc4",
        haze="#3b4f92",
        disc_at=(0.76, 0.17),
        dark=True,
        moon=True,
    ),
}

# For each weather: the share of the sky's colour that it replaces, the colour it puts there, and the light it leaves.
_VEILS: dict[Weather, tuple[float, str, str]] = {
    Weather.CLOUDY: (0.55, "#b3bfca", "#eef0f4"),
    Weather.RAIN: (0.72, "#8496ab", "#d6deea"),
    Weather.STORM: (0.82, "#525b78", "#b4bcd4"),
    Weather.SNOW: (0.6, "#c8d2e2", "#eef2fb"),
    Weather.FOG: (0.66, "#d3dadd", "#eef0f0"),
}


def hour_in(time: Time, weather: Weather, moon: Moon = Moon.CRESCENT) -> Hour:
    """Return the light of a time of day under a weather."""
    hour = replace(HOURS[time], moon=moon)
    if weather not in _VEILS:
        return hour
    share, code, light = _VEILS[weather]
    veil = color_of(code)
    if hour.is_dark:
        veil = mix(lit_by(veil, hour.light), hour.sky[1], 0.25)

    def veiled(color: Color, least: float = 1.0) -> Color:
        return mix(color, mix(veil, color, 0.15), share * least)

    return replace(
        hour,
        sky=tuple(veiled(color) for color in hour.sky),
        cloud=veiled(mix(hour.cloud, veil, 0.2)),
        light=lit_by(hour.light, color_of(light)),
        haze=veiled(hour.haze, 0.9),
    )


def window_light(hour: Hour) -> Color:
    """Return the colour of the light that falls in from outside: bright by day, moonlight by night."""
    return mix(hour.sky[-1], (255, 248, 220), 0.6 if luminance(hour.sky[-1]) > 0.5 else 0.1)


LAMP = color_of("#ffc766")
FIRE = color_of("#ff9a3d")
FLAME = color_of("#ffe08a")
SNOW = color_of("#f4f8ff")
BARK = color_of("#7a5238")
WOOD = color_of("#9c6b42")
DARK_WOOD = color_of("#6a4430")
STONE = color_of("#8f93a3")
GRASS = color_of("#82bd5c")
SAND = color_of("#f0d49a")
SEA = color_of("#2f8fb5")
IRON = color_of("#444b5e")
GOLD = color_of("#f2bf3e")
LEAVES = colors_of("#5ea657 #4b9a5a #79b35a #3f8b58 #6aa84a")
FIRS = colors_of("#2f7a5c #2a6b56 #3b8660 #2f6f66")
BLOSSOMS = colors_of("#fff4f0 #f7a2b6 #ffd45a #c29de8 #ff8766 #f5f0a8")
ROOFS = colors_of("#cf5b48 #e08b4a #7d69a8 #5580a8 #a84f52 #4f8f83")
WALLS = colors_of("#f7e5c6 #f4d2b5 #e6e4ea #dce8d2 #f3d9d0 #cfe0ea")
BOOKS = colors_of("#c24f44 #3f8a80 #e6aa46 #5066ab #8a5aa0 #dcc99c #5f9a57 #d9738c")
CORALS = colors_of("#ef6f6c #f7a85b #c774cf #ef88b0 #5fc3a0")
STRIPES = colors_of("#d9534a #3f87b8 #4c9a62 #e0a23c #8a5aa8")
