"""Textures that do not depend on the picture: noise, paper, lines; made once for each size and cached."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from illustrator.surface import Pixels

Field = npt.NDArray[np.float32]
"""One number for each pixel, height × width."""

Size = tuple[int, int]
_KEPT = 4


@lru_cache(maxsize=_KEPT)
def noise(size: Size, grain: int, seed: int) -> Field:
    """Return soft random hills between -1 and 1, some `grain` pixels wide."""
    width, height = size
    chance = np.random.default_rng(seed)
    coarse = chance.standard_normal((max(2, height // grain + 2), max(2, width // grain + 2))).astype(np.float32)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    hills: Field = np.clip(np.asarray(image, np.float32) / np.float32(2.2), -1, 1)
    return hills


@lru_cache(maxsize=_KEPT)
def edge_distance(size: Size) -> Field:
    """Return the distance of each pixel from the nearest edge of the picture, as a share of the shorter side."""
    width, height = size
    x = np.minimum(np.arange(width), np.arange(width)[::-1]).astype(np.float32)
    y = np.minimum(np.arange(height), np.arange(height)[::-1]).astype(np.float32)
    distance: Field = (np.minimum(x[None, :], y[:, None]) / np.float32(min(size))).astype(np.float32)
    return distance


@lru_cache(maxsize=_KEPT)
def hatching(size: Size, pitch: float, degrees: float) -> Field:
    """Return lines as a wave between 0 on a line and 1 between two, slightly bent as if drawn by hand."""
    width, height = size
    angle = np.radians(degrees)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    bend = noise(size, max(24, min(size) // 9), 11) * np.float32(pitch * 0.4)
    phase = (x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle)) + bend) / np.float32(pitch)
    wave: Field = np.abs(2 * (phase - np.floor(phase)) - 1).astype(np.float32)
    return wave


@lru_cache(maxsize=_KEPT)
def dots(size: Size, pitch: float) -> Field:
    """Return a grid of dots turned by 45 degrees: 0 in the middle of a dot, 1 farthest from one."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (x + y) / np.float32(pitch * 1.414), (x - y) / np.float32(pitch * 1.414)
    du, dv = u - np.round(u), v - np.round(v)
    distance: Field = np.sqrt(du * du + dv * dv) * np.float32(1.414)
    return distance


def enlarged(mask: Pixels, size: Size) -> Pixels:
    """Return a small mask enlarged to the size of the picture."""
    return np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.BILINEAR))


def blurred(colors: Pixels, share: int) -> Pixels:
    """Return the picture out of focus; details finer than `share` pixels are gone."""
    image = Image.fromarray(colors)
    return np.asarray(image.reduce(share).resize(image.size, Image.Resampling.BILINEAR))


def luminance(colors: Pixels) -> Field:
    """Return the perceived brightness of each pixel, 0 to 255."""
    return np.asarray(Image.fromarray(colors).convert("L")).astype(np.float32)


def scaled_by(colors: Pixels, factor: Field) -> Pixels:
    """Return each pixel's colour times a factor between 0 and 1.99."""
    gain = (factor * 128).astype(np.uint16)  # 7 bits: a bright pixel times almost two still fits
    scaled: Pixels = np.minimum((colors.astype(np.uint16) * gain[..., None]) >> 7, 255).astype(np.uint8)
    return scaled


def mixed(colors: Pixels, other: Pixels | tuple[int, int, int], share: Field) -> Pixels:
    """Return the picture with a share, 0 to 1 for each pixel, of another picture or of a colour."""
    part = (share * 128).astype(np.int16)[..., None]  # 7 bits, so that the product fits in 16
    change = np.asarray(other, np.int16) - colors
    change *= part
    change >>= 7
    result: Pixels = (colors + change).astype(np.uint8)
    return result
