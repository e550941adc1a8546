"""The pixel finish: few large square pixels, few shades, and a dither everywhere except on the figures."""

import numpy as np
from PIL import Image

from illustrator.finishes.textures import Field, Size
from illustrator.surface import Pixels

_LEVELS = 11
_BAYER = np.array(((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5)), np.float32)
SHORT_SIDE = 204
"""Number of large pixels on the shorter side."""


def block(size: Size) -> int:
    """Return the side of a large pixel, in pixels of the picture."""
    return max(2, round(min(size) / SHORT_SIDE))


def finish(colors: Pixels, actors: Pixels, size: Size) -> Pixels:
    """Return the picture in large pixels; it is drawn with two dots for each of them."""
    small = colors[::2, ::2]
    height, width = small.shape[:2]
    mask = np.asarray(Image.fromarray(actors).resize((width, height), Image.Resampling.BILINEAR))
    shades = np.where((mask > 96)[..., None], small, _few_shades(small, _dither(height, width)))
    side = block(size)
    large = np.repeat(np.repeat(shades.astype(np.uint8), side, axis=0), side, axis=1)
    return np.ascontiguousarray(large[: size[1], : size[0]])


def _dither(height: int, width: int) -> Field:
    tiles = np.tile(_BAYER, (height // 4 + 1, width // 4 + 1))[:height, :width]
    return ((tiles + np.float32(0.5)) / 16 - np.float32(0.5)).astype(np.float32)


def _few_shades(colors: Pixels, dither: Field) -> Pixels:
    step = np.float32(255 / (_LEVELS - 1))
    steps = np.round(colors / step + dither[..., None] * np.float32(0.8))
    shades: Pixels = np.clip(steps * step, 0, 255).astype(np.uint8)
    return shades
