"""Colours: of the hours, of the places, and those that descriptions name."""

from dataclasses import dataclass

from studio.illustrator.canvas import Color, color_of, mix


@dataclass(frozen=True)
class Hour:
    """The light of a time of day: the sky from top to horizon, sun or moon, and what falls on everything below."""

    sky: tuple[Color, Color, Color]
    disc: Color
    has_moon: bool
    tint: Color
    tint_share: float

    def on(self, color: Color, distance: float = 0.0) -> Color:
        """How a thing of this colour looks in this light, `distance` 0 (near) to 1 (at the horizon)."""
        return mix(mix(color, self.tint, self.tint_share), self.sky[2], 0.75 * distance)


def _hour(*, sky: str, disc: str, tint: str, share: float, has_moon: bool = False) -> Hour:
    top, middle, horizon = (color_of(code) for code in sky.split())
    return Hour((top, middle, horizon), color_of(disc), has_moon, color_of(tint), share)


HOURS = {
    "dawn": _hour(sky="#86a9dc #f3c4c4 #ffe6c2", disc="#fff0c4", tint="#f0a59a", share=0.20),
    "day": _hour(sky="#58aee8 #a5daf5 #e9f7f1", disc="#ffe08a", tint="#fff3c9", share=0.05),
    "sunset": _hour(sky="#6a5299 #e8807f #ffcb85", disc="#fff0b5", tint="#b4506b", share=0.28),
    "evening": _hour(sky="#28336e #75679f #e9a98f", disc="#f8efd0", tint="#3d3a78", share=0.42, has_moon=True),
    "night": _hour(sky="#0c1740 #243670 #51609d", disc="#f6f1d6", tint="#17265c", share=0.58, has_moon=True),
}

_COLOURS = """
red=#d8483f crimson=#b3263a scarlet=#dd3b34 orange=#ef8a35 amber=#f0a73a yellow=#f5c944 golden=#eebb45
gold=#e6b23c green=#4f9d5d emerald=#2e9b6b olive=#8a8f45 mint=#9ad9b8 teal=#2f938f turquoise=#41b6b4
blue=#3f77c4 navy=#2f4278 indigo=#4a4a9c sky=#7cbdec purple=#7d56a8 violet=#8c63bd lilac=#b79bd6 pink=#ee8fae
rose=#e5718f magenta=#c64a92 brown=#8b5e3f chestnut=#7a4a30 copper=#b8693c ginger=#d9783a auburn=#8f4a2f
blonde=#f0cc75 blond=#f0cc75 tan=#cda57a cream=#f4e6c8 beige=#e3cfaa white=#f6f3ec silver=#c3c9d1 grey=#8f96a0
gray=#8f96a0 black=#3a3640 dark=#4a3a38 charcoal=#4b4d55
"""


def _shades(codes: str) -> tuple[Color, ...]:
    return tuple(color_of(code) for code in codes.split())


COLOURS = {name: color_of(code) for name, code in (entry.split("=") for entry in _COLOURS.split())}

SKINS = _shades("#fbd9bd #f0c29a #d99f72 #b97b50 #8f5a3a #6d4430")
HAIRS = _shades("#3a2b2b #5b3b28 #8a5430 #c9793b #eec46e #2e2a38 #a9a5a8")
COATS = _shades("#d8594f #3f8f8a #f0b542 #5577c0 #8a63b5 #5fa163 #e48a9f #e38b45")
ROBOT_SHELLS = _shades("#aeb9c6 #9cc3c9 #d8c9a8 #c3b5d6")
LEAVES = _shades("#5fa85a #4c9a5e #7bb662 #3f8a5a")
ROOFS = _shades("#c8604e #d98a55 #7e6aa3 #5d83a8 #a3554f")
WALLS = _shades("#f6e3c4 #f3d3b8 #e3e4ea #dfe8d3 #f2dcd2")
BOOKS = _shades("#b5483f #3f7d78 #e0a546 #4f63a3 #7b578f #d9c7a0 #5c8a52")
CORALS = _shades("#e8736f #f2a65a #3f9d7a #b277c9")
FLOWERS = _shades("#fff4f0 #f7a8b8 #ffd75e #c5a3e8 #ff8f6b")

INK = color_of("#33263a")
WHITE = color_of("#ffffff")
SNOW = color_of("#f3f7fd")
BLUSH = color_of("#ef8f84")
WINDOW_LIGHT = color_of("#ffd987")
