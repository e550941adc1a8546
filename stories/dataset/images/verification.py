"""The verification of images: the bytes are checked and decoded completely, and never changed.

Our own reader checks the container and Pillow decodes the pixels; neither is enough alone (fact F10): Pillow accepts
bytes behind an image's end and only warns of 144 megapixels, and `verify()` proves nothing for JPEG and WebP.
Pillow's warnings are not turned into errors, because that filter belongs to the whole process, other threads included;
the conditions that it warns of are checked before it gets the bytes.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageStat

from stories.api.wire import ImageFormat
from stories.dataset.images.containers import Container, read_container
from stories.dataset.images.similarity import PALETTES, Likeness
from stories.errors import ImageRefused
from stories.strict_json import sha256_hex

MAX_PIXELS = 40_000_000

IMAGE_FLAGS = ("animated", "blank", "flat", "trailing_bytes")
"""The QA flags that one image can get by itself, in this order."""

_HASH_SIZE = (9, 8)
_BLANK_SPREAD = 8
"""Spread, in levels of 255, up to which a picture counts as of one colour; lossy encoders were seen to make 6."""
_FLAT_SIZE = (32, 32)
_FLAT_SPREAD = 3.0
"""Standard deviation of the brightness, in levels, below which a picture is flat; the studio's have 20 or more."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImageFacts:
    """The facts of an image from its bytes alone; URL, headers and name do not count."""

    format: ImageFormat
    width: int
    height: int
    size_bytes: int
    sha256: str
    phash: int
    """64-bit difference hash as a signed integer: near-duplicates differ in few bits."""
    has_c2pa: bool
    """True if a C2PA manifest is in the file; its validity is not checked."""
    flags: tuple[str, ...]
    """Some of `IMAGE_FLAGS`, in their order."""
    look: str = ""
    """The text by which `stories.dataset.images.similarity` compares it with others."""

    @property
    def mime_type(self) -> str:
        """Media type of the bytes."""
        return self.format.mime_type


def verify_image(
    content: bytes,
    *,
    max_pixels: int = MAX_PIXELS,
    on_decoded: Callable[[Image.Image], None] | None = None,
    likeness: Likeness = PALETTES,
) -> ImageFacts:
    """Check and decode an image completely. Call it in a thread: it takes 5-25 ms of CPU per megapixel.

    `on_decoded` is called with the decoded image, which saves decoding it twice; it may neither change it nor raise.
    Raises `ImageRefused`, with the reason `empty`, `unknown_format` (anything but PNG, JPEG and WebP), `truncated`,
    `too_many_pixels` or `undecodable`.
    """
    container = read_container(content)
    if container.width * container.height > max_pixels:
        raise ImageRefused(
            f"{container.width} x {container.height} pixels are more than the {max_pixels:,} allowed",
            reason="too_many_pixels",
        )
    pixels = _decode(content, container, on_decoded, likeness)
    flags = {
        "animated": pixels.is_animated,
        "blank": pixels.is_blank,
        "flat": pixels.is_flat and not pixels.is_blank,
        "trailing_bytes": container.end < len(content),
    }
    return ImageFacts(
        format=container.format,
        width=container.width,
        height=container.height,
        size_bytes=len(content),
        sha256=sha256_hex(content),
        phash=pixels.phash,
        has_c2pa=container.has_c2pa,
        flags=tuple(flag for flag in IMAGE_FLAGS if flags[flag]),
        look=pixels.look,
    )


class _PixelFacts(NamedTuple):
    """The facts of the decoded pixels; of several frames, the first."""

    is_animated: bool
    is_blank: bool
    is_flat: bool
    phash: int
    look: str


def _decode(
    content: bytes, container: Container, on_decoded: Callable[[Image.Image], None] | None, likeness: Likeness
) -> _PixelFacts:
    try:
        with Image.open(BytesIO(content), formats=[container.format.name]) as image:
            _require_size(image, container)
            image.load()
            colours = image.convert("RGBA") if image.mode in ("P", "PA") else image
            if on_decoded is not None:
                on_decoded(colours)
            return _PixelFacts(
                is_animated=bool(getattr(image, "is_animated", False)),
                is_blank=_is_blank(colours),
                is_flat=_is_flat(colours),
                phash=_difference_hash(colours),
                look=_look(colours, likeness),
            )
    except Exception as exc:  # on hostile bytes Pillow raises any exception that its decoders hit
        raise ImageRefused(
            f"not decodable as {container.format.name}: {type(exc).__name__}: {exc}", reason="undecodable"
        ) from exc


def _look(image: Image.Image, likeness: Likeness) -> str:
    """Return the look, or an empty one if making it fails: the likeness is at fault then, the image is good."""
    try:
        return likeness.look(image)
    except Exception as exc:  # noqa: BLE001 - the likeness may be foreign code
        _log.warning("an image of %s has no look: %s: %s", image.size, type(exc).__name__, exc)
        return ""


def _require_size(image: Image.Image, container: Container) -> None:
    """Raise if header and decoder disagree: a file could show a small size to the check and decode to a large one."""
    if image.size != (container.width, container.height):
        raise ValueError(f"two sizes: {image.size} and {(container.width, container.height)}")


def _is_blank(image: Image.Image) -> bool:
    extrema = image.getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(high - low <= _BLANK_SPREAD for low, high in bands)


def _is_flat(image: Image.Image) -> bool:
    """Return True for hardly any light and shade, as in fog; False for more than 8 bits a channel: not measured."""
    if image.mode.startswith(("I", "F")):
        return False
    small = image.convert("L").resize(_FLAT_SIZE, Image.Resampling.BOX, reducing_gap=2)
    return ImageStat.Stat(small).stddev[0] < _FLAT_SPREAD


def _difference_hash(image: Image.Image) -> int:
    """Return 64 bits: each is set if a pixel of a 9 x 8 grey miniature is brighter than its left neighbour."""
    columns, rows = _HASH_SIZE
    grey = image.convert("L").resize(_HASH_SIZE, Image.Resampling.BOX, reducing_gap=2).tobytes()
    bits = 0
    for row in range(rows):
        for left in range(row * columns, row * columns + columns - 1):
            bits = bits << 1 | (grey[left + 1] > grey[left])
    return bits - (1 << 64) if bits >= 1 << 63 else bits
