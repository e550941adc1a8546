"""Real pictures, encoded by Pillow, and the marks that an encoder of Pillow's does not write."""

import struct
import zlib
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw

from stories.api.wire import ImageFormat

EVERY_FORMAT = tuple(ImageFormat)
RED, BLUE, GREEN, GREY, WHITE = (200, 30, 30), (30, 30, 200), (30, 160, 30), (120, 120, 120), (250, 250, 250)


def picture(seed: int = 0, size: tuple[int, int] = (32, 24), mode: str = "RGB") -> Image.Image:
    """Smooth noise: no two seeds look alike, and no encoder makes it trivial."""
    noise = Image.frombytes("RGB", (8, 6), Random(seed).randbytes(8 * 6 * 3))  # noqa: S311 - no secret
    return noise.resize(size, Image.Resampling.BICUBIC).convert(mode)


def figures_before(background: tuple[int, int, int], *figures: tuple[int, int, int]) -> Image.Image:
    """Return a picture of figures of one colour each, side by side before a background."""
    image = Image.new("RGB", (256, 256), background)
    draw = ImageDraw.Draw(image)
    for index, colour in enumerate(figures):
        draw.rectangle((40 + 60 * index, 80, 80 + 60 * index, 240), fill=colour)
    return image


def encoded(image: Image.Image, image_format: ImageFormat = ImageFormat.PNG, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, format=image_format.name, **options)
    return file.getvalue()


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of_header_alone(width: int, height: int) -> bytes:
    """A valid file in its structure, whose pixels are a few bytes long."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def riff_chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def with_c2pa(content: bytes, image_format: ImageFormat) -> bytes:
    """The picture with a C2PA manifest store, as far as its place in the file goes."""
    label = b"c2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71\x03c2pa\x00"
    description = struct.pack(">I", len(label) + 8) + b"jumd" + label
    store = struct.pack(">I", len(description) + 8) + b"jumb" + description
    match image_format:
        case ImageFormat.PNG:
            return content[:33] + png_chunk(b"caBX", store) + content[33:]
        case ImageFormat.JPEG:
            segment = b"JP" + struct.pack(">HI", 1, 1) + store
            return content[:2] + b"\xff\xeb" + struct.pack(">H", len(segment) + 2) + segment + content[2:]
        case ImageFormat.WEBP:
            chunks = content[12:] + riff_chunk(b"C2PA", store)
            return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks
