"""The ink finish: engraved lines that swell in the shadow over a pale wash; the figures keep their colours."""

from functools import lru_cache

import numpy as np

from illustrator.finishes.textures import (
    Field,
    Size,
    edge_distance,
    enlarged,
    hatching,
    luminance,
    mixed,
    noise,
    scaled_by,
)
from illustrator.surface import Pixels

_THINNED, _LIFTED, _PAPER_LIGHT = (np.full((1, 1), share, np.float32) for share in (0.125, 0.8, 0.97))
_INK = (40, 34, 58)


def finish(colors: Pixels, actors: Pixels, size: Size) -> Pixels:
    """Return the picture as an engraving."""
    light = luminance(colors)
    mask = enlarged(actors, size).astype(np.float32) * np.float32(1 / 255)
    # The wash is the picture's colours, thinned and lightened towards the paper.
    thin = mixed(colors, light.astype(np.uint8)[..., None], _THINNED)
    wash = scaled_by(255 - scaled_by(255 - thin, _LIFTED), _PAPER_LIGHT)
    drawn = mixed(wash, colors, mask)
    return _framed(mixed(drawn, _INK, _strokes(light, size) * (1 - mask)), size)


def _strokes(light: Field, size: Size) -> Field:
    """Return the ink on each pixel: lines are thicker where the picture is dark, and crossed where it is very dark."""
    pitch = max(4.0, min(size) / 118)
    dark = np.clip((np.float32(150) - light) * np.float32(1 / 150), 0, 1)
    sharp = np.float32(pitch * 0.5)
    width = dark * np.float32(0.62) + np.float32(0.06)
    first = np.clip((width - hatching(size, pitch, 52)) * sharp, 0, 1) * (dark > 0.02)
    deep = np.clip(dark * np.float32(1.9) - 0.95, 0, 1)
    second = np.clip((deep * np.float32(0.42) - hatching(size, pitch * 1.1, -38)) * sharp, 0, 1) * (deep > 0.02)
    strokes: Field = (np.maximum(first, second) * np.float32(0.9)).astype(np.float32)
    return strokes


@lru_cache(maxsize=2)
def _frame(size: Size) -> tuple[Field, Field]:
    distance = edge_distance(size) + noise(size, max(8, min(size) // 30), 21) * np.float32(0.0012)
    margin = np.clip((np.float32(0.026) - distance) * 700, 0, 1)
    rule = np.clip(1 - np.abs(distance - np.float32(0.0275)) * 620, 0, 1)
    thin = np.clip(1 - np.abs(distance - np.float32(0.0205)) * 1100, 0, 1) * np.float32(0.8)
    return margin.astype(np.float32), np.maximum(rule, thin).astype(np.float32)


@lru_cache(maxsize=2)
def _fibres(size: Size) -> Field:
    return (1 + noise(size, 3, 22) * np.float32(0.018)).astype(np.float32)


def _framed(colors: Pixels, size: Size) -> Pixels:
    result = scaled_by(colors, _fibres(size))
    margin, rule = _frame(size)
    band = max(4, int(min(size) * 0.04))
    height, width = result.shape[:2]
    for part in (
        np.s_[:band],
        np.s_[height - band :],
        np.s_[band : height - band, :band],
        np.s_[band : height - band, width - band :],
    ):
        result[part] = mixed(mixed(result[part], (251, 245, 231), margin[part]), _INK, rule[part])
    return result
