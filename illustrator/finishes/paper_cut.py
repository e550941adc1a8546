"""The paper-cut finish: the fibres of coloured paper, light from above on the sheets, a mat around them."""

from functools import lru_cache

import numpy as np

from illustrator.finishes.textures import Field, Size, edge_distance, noise, scaled_by
from illustrator.surface import Pixels

_MAT = (248, 243, 232)


def finish(colors: Pixels, actors: Pixels, size: Size) -> Pixels:
    """Return the picture with the surface of paper; the shadows of its sheets are drawn already."""
    del actors
    result = scaled_by(colors, _paper(size))
    distance = edge_distance(size)
    band = max(4, int(min(size) * 0.05))
    height, width = result.shape[:2]
    for part in (np.s_[:band], np.s_[height - band :], np.s_[:, :band], np.s_[:, width - band :]):
        result[part][distance[part] < 0.03] = _MAT
    return result


@lru_cache(maxsize=2)
def _paper(size: Size) -> Field:
    distance = edge_distance(size)
    fibres = noise(size, 2, 31) * np.float32(0.03) + noise(size, 7, 32) * np.float32(0.02)
    shadow = np.exp(-np.clip(distance - 0.03, 0, 1) * 55) * np.float32(0.42)
    return np.where(distance < 0.03, 1, 1.01 + fibres - shadow).astype(np.float32)
