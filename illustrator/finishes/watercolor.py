"""The watercolor finish: pigment pools at edges, blooms in wet areas, the paper's grain and its torn rim."""

from functools import lru_cache

import numpy as np

from illustrator.finishes.textures import Field, Size, blurred, edge_distance, enlarged, mixed, noise, scaled_by
from illustrator.surface import Pixels

_PAPER = (251, 247, 238)


def finish(colors: Pixels, actors: Pixels, size: Size) -> Pixels:
    """Return the picture with the effects of water and paper; blooms keep off `actors`."""
    soft = blurred(colors, 8)
    pooled = np.minimum(colors, soft).astype(np.int16)
    wet = colors.astype(np.int16) + ((pooled - soft) * 2) // 5
    washed = (255 - ((255 - np.clip(wet, 0, 255)) * 236 >> 8)).astype(np.uint8)
    calm = 1 - enlarged(actors, size).astype(np.float32) * np.float32(0.75 / 255)
    result = scaled_by(washed, _grain(size) + _blooms(size) * calm)
    return _torn(result, size)


@lru_cache(maxsize=2)
def _blooms(size: Size) -> Field:
    step = max(8, min(size) // 12)
    cloud = noise(size, step, 3) * np.float32(0.6) + noise(size, step // 3, 4) * np.float32(0.4)
    # A bloom is lighter inside and has a darker rim where the water stopped.
    rim = np.exp(-(((cloud - 0.22) / 0.05) ** 2)) * np.float32(0.028)
    return (cloud * np.float32(0.09) - rim).astype(np.float32)


@lru_cache(maxsize=2)
def _grain(size: Size) -> Field:
    return (1 + noise(size, 2, 5) * np.float32(0.035) + noise(size, 5, 6) * np.float32(0.02)).astype(np.float32)


@lru_cache(maxsize=2)
def _rim(size: Size) -> Field:
    ragged = noise(size, max(4, min(size) // 40), 7) * np.float32(0.011) + noise(
        size, max(2, min(size) // 200), 8
    ) * np.float32(0.004)
    rim: Field = np.clip((np.float32(0.026) - edge_distance(size) - ragged) * np.float32(160), 0, 1)
    return rim


@lru_cache(maxsize=2)
def _rim_pool(size: Size) -> Field:
    ragged = noise(size, max(4, min(size) // 40), 7) * np.float32(0.011)
    return (np.exp(-(((edge_distance(size) + ragged - 0.033) / 0.007) ** 2)) * np.float32(0.2)).astype(np.float32)


def _torn(colors: Pixels, size: Size) -> Pixels:
    """Return the picture with a torn rim; only the rim is computed, because the middle of a picture has none."""
    band = max(4, int(min(size) * 0.075))
    rim, pool, result = _rim(size), _rim_pool(size), colors.copy()
    height, width = result.shape[:2]
    for part in (
        np.s_[:band],
        np.s_[height - band :],
        np.s_[band : height - band, :band],
        np.s_[band : height - band, width - band :],
    ):
        result[part] = mixed(scaled_by(result[part], 1 - pool[part]), _PAPER, rim[part])
    return result
