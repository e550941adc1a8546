"""The effect of a season: the colours of grass, leaves and water, and the things that replace flowers."""

import random
from collections.abc import Mapping

from illustrator.colors import color_of, colors_of, mix
from illustrator.hours import SNOW
from illustrator.scene import Color, Season

BLOSSOMING = colors_of("#f6b6ca #fae0e4 #f2a0bb")
"""Crowns of trees that bloom before they have leaves."""

FALLEN = colors_of("#dc6f2c #eab03a #b94a32 #c98a3a")
"""Leaves on the ground."""

BLOWN: Mapping[Season, tuple[Color, ...]] = {
    Season.SPRING: colors_of("#f6b6ca #fbe6ea #f2a0bb #a9cf68"),
    Season.SUMMER: colors_of("#d6843e #be5c34 #e2aa4a #7a9e4e"),
    Season.AUTUMN: FALLEN,
    Season.WINTER: colors_of("#ffffff #f4f8ff #e6eefc #dbe7f8"),
}
"""Things that the wind carries: petals, leaves, snow."""

DRIFT = color_of("#b9cdea")
"""The shadow side of snow."""

_LEAVES = {
    Season.SPRING: (colors_of("#aed65a #9ccf5e #bcdc62"), 0.62),
    Season.AUTUMN: (colors_of("#e2762f #eaa934 #cf4f36 #dc8f2e #b8632f"), 0.94),
}
_GRASS = {
    Season.SPRING: (color_of("#b2de58"), 0.5),
    Season.AUTUMN: (color_of("#dba85a"), 0.8),
    Season.WINTER: (color_of("#b79f74"), 0.75),
}
CROPS: Mapping[Season, tuple[Color, Color]] = {
    Season.SPRING: ((150, 192, 92), (112, 148, 66)),
    Season.SUMMER: ((226, 190, 96), (196, 152, 66)),
    Season.AUTUMN: ((172, 128, 88), (132, 94, 66)),
    Season.WINTER: ((206, 180, 128), (172, 140, 92)),
}
"""Colours of a field: its crop and its furrows."""

_ICE = color_of("#cfe4f2")
_BEDS = ("carrot", "hyacinth", "leafy-green", "sunflower", "tomato", "tulip")
_STANDS_IN: Mapping[Season, Mapping[str, str]] = {
    Season.SPRING: {
        "herb": "tulip",
        "sunflower": "tulip",
        "tomato": "seedling",
        "carrot": "seedling",
        "mushroom": "",
        "sheaf-of-rice": "",
    },
    Season.AUTUMN: {"tulip": "garden pumpkin", "hyacinth": "sunflower", "butterfly": "", "lotus": ""},
    Season.WINTER: dict.fromkeys(("butterfly", "duck", "lotus", "mushroom", "sheaf-of-rice", *_BEDS), ""),
}


def leaf_in(season: Season, color: Color, chance: random.Random) -> Color:
    """Return the colour of leaves that are green in summer; `chance` picks among a season's colours."""
    if season not in _LEAVES:
        return color
    colors, share = _LEAVES[season]
    return mix(color, chance.choice(colors), share)


def grass_in(season: Season, color: Color) -> Color:
    """Return the colour of grass that is green in summer, without snow on it."""
    return mix(color, *_GRASS[season]) if season in _GRASS else color


def snow_over(color: Color, far: float) -> Color:
    """Return the colour of snow on open ground of a colour; it is bluer in the distance."""
    return mix(mix(color, DRIFT, 0.86), SNOW, 0.8 - 0.6 * far)


def water_in(season: Season, color: Color) -> Color:
    """Return the colour of still water, which freezes in winter."""
    return mix(color, _ICE, 0.66) if season is Season.WINTER else color


def stands_in(season: Season, name: str) -> str:
    """Return the icon of what grows or lives in this season where `name` does in summer; empty for nothing."""
    return _STANDS_IN.get(season, {}).get(name, name)
