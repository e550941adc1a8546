"""The containers of images, read from end to end without decoding a pixel: size, true end, C2PA."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stories.api.wire import ImageFormat
from stories.errors import ImageRefused

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_JPEG_MAGIC = b"\xff\xd8\xff"
_JPEG_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
"""The next marker after entropy-coded data, which also holds stuffed zeros and the restart markers D0-D7."""
_SOF_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_EOI, _SOS, _APP11 = 0xD9, 0xDA, 0xEB


@dataclass(frozen=True)
class Container:
    """The facts that the structure of an image file holds; `end` is the offset just behind the image."""

    format: ImageFormat
    width: int
    height: int
    end: int
    has_c2pa: bool


def read_container(content: bytes) -> Container:
    """Read the structure. Raises `ImageRefused`, as `empty`, `unknown_format`, `truncated` or `undecodable`."""
    if not content:
        raise ImageRefused("no bytes", reason="empty")
    if content.startswith(_PNG_MAGIC):
        return _png(content)
    if content.startswith(_JPEG_MAGIC):
        return _jpeg(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp(content)
    raise ImageRefused(f"neither PNG nor JPEG nor WebP: starts with {content[:12]!r}", reason="unknown_format")


def _png(content: bytes) -> Container:
    width = height = 0
    has_c2pa = False
    at = len(_PNG_MAGIC)
    while True:
        length, name = int.from_bytes(_slice(content, at, 4)), _slice(content, at + 4, 4)
        data = _slice(content, at + 8, length + 4)
        at += length + 12
        if name == b"IHDR":
            width, height = int.from_bytes(data[:4]), int.from_bytes(data[4:8])
        has_c2pa = has_c2pa or name == b"caBX"
        if name == b"IEND":
            return Container(ImageFormat.PNG, *_positive(width, height), at, has_c2pa)


def _jpeg(content: bytes) -> Container:
    width = height = end = 0
    has_c2pa = False
    for marker, data, segment_end in _jpeg_segments(content):
        end = segment_end
        if marker in _SOF_MARKERS and not width:
            height, width = int.from_bytes(data[1:3]), int.from_bytes(data[3:5])
        # C2PA 2.1, embedding in JPEG: APP11 with the JPEG XT identifier JP, a JUMBF super box, the label c2pa
        has_c2pa = has_c2pa or (marker == _APP11 and data[:2] == b"JP" and data[12:16] == b"jumb" and b"c2pa" in data)
    return Container(ImageFormat.JPEG, *_positive(width, height), end, has_c2pa)


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Yield marker, data and end of each segment up to and including the end of the image."""
    at = 2
    while found := _JPEG_MARKER.search(content, at):
        marker, at = found[1][0], found.end()
        if marker == _EOI:
            yield marker, b"", at
            return
        if marker == 0x01:  # TEM, the only other marker without a length
            continue
        length = int.from_bytes(_slice(content, at, 2))
        yield marker, _slice(content, at + 2, max(length - 2, 0)), at + length
        at += max(length, 2)
    raise _truncated(content)


def _webp(content: bytes) -> Container:
    end = 8 + int.from_bytes(content[4:8], "little")
    if end > len(content):
        raise _truncated(content)
    size = (0, 0)
    has_c2pa = False
    at = 12
    while at + 8 <= end:
        name, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if not any(size):
            size = _webp_size(name, content[at + 8 : at + 18])
        has_c2pa = has_c2pa or name == b"C2PA"
        at += 8 + length + length % 2
    return Container(ImageFormat.WEBP, *_positive(*size), end, has_c2pa)


def _webp_size(chunk: bytes, data: bytes) -> tuple[int, int]:
    """Return canvas or frame size from the head of a chunk; (0, 0) if it holds none (WebP container, RFC 9649)."""
    if chunk == b"VP8X":
        return int.from_bytes(data[4:7], "little") + 1, int.from_bytes(data[7:10], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF
    return 0, 0


def _slice(content: bytes, start: int, length: int) -> bytes:
    if start + length > len(content):
        raise _truncated(content)
    return content[start : start + length]


def _positive(width: int, height: int) -> tuple[int, int]:
    if width < 1 or height < 1:
        raise ImageRefused("the file names no width and height", reason="undecodable")
    return width, height


def _truncated(content: bytes) -> ImageRefused:
    return ImageRefused(f"the file breaks off after {len(content):,} bytes", reason="truncated")
