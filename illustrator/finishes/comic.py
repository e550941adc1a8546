"""The comic finish: bold colours, a printer's dots in the shadows, the frame of a panel."""

import numpy as np

from illustrator.finishes.textures import Size, dots, edge_distance, enlarged, luminance, mixed
from illustrator.surface import Pixels

_SCREEN = (44, 26, 84)
_FRAME = (24, 18, 32)


def finish(colors: Pixels, actors: Pixels, size: Size) -> Pixels:
    """Return the picture as a comic prints it."""
    light = luminance(colors)
    mask = enlarged(actors, size).astype(np.float32) * np.float32(1 / 255)
    pitch = max(3.0, min(size) / 128)
    dark = np.clip((np.float32(176) - light) * np.float32(1 / 176), 0, 1)
    radius = np.sqrt(dark) * np.float32(0.72)
    dot = np.clip((radius - dots(size, pitch)) * np.float32(pitch * 0.6), 0, 1) * (1 - mask)
    printed = mixed(colors, _SCREEN, (dot * np.float32(0.3)).astype(np.float32))
    return framed(printed, size)


def framed(colors: Pixels, size: Size) -> Pixels:
    """Return the picture as a panel with a white gutter and a black line."""
    result, distance = colors.copy(), edge_distance(size)
    band = max(3, int(min(size) * 0.03))
    height, width = result.shape[:2]
    for part in (np.s_[:band], np.s_[height - band :], np.s_[:, :band], np.s_[:, width - band :]):
        line, gutter = distance[part] < 0.0185, distance[part] < 0.012
        result[part][line] = _FRAME
        result[part][gutter] = (253, 252, 248)
    return result
