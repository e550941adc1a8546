import asyncio
import hashlib
import struct
import warnings
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stories.api.wire import ImageFormat
from stories.dataset.images.verification import verify_image
from stories.errors import ImageRefused
from tests.doubles.pictures import (
    EVERY_FORMAT,
    encoded,
    picture,
    png_chunk,
    png_of_header_alone,
    with_c2pa,
)

every_format = pytest.mark.parametrize("image_format", EVERY_FORMAT)


def reason_of(content: bytes, **limits: int) -> str:
    with pytest.raises(ImageRefused) as refused:
        verify_image(content, **limits)
    return refused.value.reason


@every_format
def test_the_facts_are_those_of_the_bytes(image_format: ImageFormat) -> None:
    content = encoded(picture(size=(48, 36)), image_format)
    facts = verify_image(content)
    assert (facts.format, facts.mime_type) == (image_format, f"image/{image_format.value}")
    assert (facts.width, facts.height, facts.size_bytes) == (48, 36, len(content))
    assert facts.sha256 == hashlib.sha256(content).hexdigest()
    assert (facts.has_c2pa, facts.flags) == (False, ())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>", "unknown_format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unknown_format"),
        (b"%PDF-1.7", "unknown_format"),
        (b"RIFF\x04\0\0\0WAVE", "unknown_format"),
        (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IEND", b""), "undecodable"),
        (b"\xff\xd8\xff\xd9", "undecodable"),
        (b"RIFF\x04\0\0\0WEBP", "undecodable"),
    ],
)
def test_what_is_no_image_is_refused(content: bytes, reason: str) -> None:
    assert reason_of(content) == reason


@pytest.mark.parametrize("name", ["GIF", "TIFF", "BMP", "ICO", "JPEG2000"])
def test_formats_that_the_service_does_not_deliver_are_refused(name: str) -> None:
    file = BytesIO()
    picture().save(file, format=name)
    assert reason_of(file.getvalue()) == "unknown_format"


@every_format
def test_a_file_that_breaks_off_anywhere_is_truncated(image_format: ImageFormat) -> None:
    content = with_c2pa(encoded(picture(), image_format), image_format)
    assert {reason_of(content[:length]) for length in range(12, len(content))} == {"truncated"}
    assert {reason_of(content[:length]) for length in range(12)} <= {"empty", "unknown_format", "truncated"}


def test_a_progressive_jpeg_that_breaks_off_between_its_scans_is_truncated() -> None:
    content = encoded(picture(size=(96, 96)), ImageFormat.JPEG, progressive=True)
    assert verify_image(content).flags == ()
    last_scan = content.rindex(b"\xff\xda")
    assert reason_of(content[:last_scan]) == "truncated"


@every_format
def test_what_follows_an_image_is_flagged(image_format: ImageFormat) -> None:
    polyglot = encoded(picture(), image_format) + b"PK\x05\x06" + b"\0" * 18
    assert verify_image(polyglot).flags == ("trailing_bytes",)


@every_format
def test_c2pa_is_seen(image_format: ImageFormat) -> None:
    content = with_c2pa(encoded(picture(), image_format), image_format)
    facts = verify_image(content)
    assert facts.has_c2pa
    assert facts.flags == ()


def test_c2pa_in_a_text_a_comment_or_the_pixels_is_not_c2pa() -> None:
    jpeg = encoded(picture(), ImageFormat.JPEG, comment=b"JP jumb c2pa caBX")
    webp = encoded(picture(), ImageFormat.WEBP, exif=b"Exif\0\0C2PA jumb c2pa")
    other_jumbf = (
        jpeg[:2] + b"\xff\xeb" + struct.pack(">H", 30) + b"JP\0\1\0\0\0\1\0\0\0\x14jumb" + b"\0" * 12 + jpeg[2:]
    )
    assert not any(verify_image(content).has_c2pa for content in (jpeg, webp, other_jumbf))


def test_a_bomb_is_refused_by_its_header_without_a_warning() -> None:
    bomb = png_of_header_alone(12_000, 12_000)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert reason_of(bomb) == "too_many_pixels"
    assert caught == []


@every_format
def test_the_limit_is_on_pixels(image_format: ImageFormat) -> None:
    content = encoded(picture(size=(20, 10)), image_format)
    assert verify_image(content, max_pixels=200).width == 20
    assert reason_of(content, max_pixels=199) == "too_many_pixels"


def test_a_file_of_two_sizes_is_refused_before_it_is_decoded() -> None:
    content = encoded(picture(size=(64, 64)), ImageFormat.JPEG)
    frame = content.index(b"\xff\xc0")
    header = content[frame : frame + 19]
    small = header[:5] + struct.pack(">HH", 8, 8) + header[9:]
    with pytest.raises(ImageRefused, match=r"two sizes: \(64, 64\) and \(8, 8\)") as refused:
        verify_image(content[:frame] + small + content[frame:], max_pixels=64)
    assert refused.value.reason == "undecodable"


def test_a_wrong_checksum_is_refused() -> None:
    content = bytearray(encoded(picture()))
    content[-20] ^= 1
    assert reason_of(bytes(content)) == "undecodable"


def test_a_giant_text_chunk_is_refused() -> None:
    content = encoded(picture())
    text = b"Comment\0\0" + zlib.compress(b"\0" * 70_000_000)
    assert reason_of(content[:33] + png_chunk(b"zTXt", text) + content[33:]) == "undecodable"


@pytest.mark.parametrize("image_format", [ImageFormat.PNG, ImageFormat.WEBP])
def test_an_animation_is_flagged_and_measured_by_its_first_frame(image_format: ImageFormat) -> None:
    frames = [picture(seed) for seed in range(3)]
    still = verify_image(encoded(frames[0], image_format, lossless=True))
    moving = verify_image(encoded(frames[0], image_format, lossless=True, save_all=True, append_images=frames[1:]))
    assert moving.flags == ("animated",)
    assert moving.phash == still.phash


@every_format
@pytest.mark.parametrize("size", [(1, 1), (40, 30)])
def test_one_colour_is_blank(image_format: ImageFormat, size: tuple[int, int]) -> None:
    assert verify_image(encoded(Image.new("RGB", size, "teal"), image_format)).flags == ("blank",)


@pytest.mark.parametrize(
    ("mode", "image_format"),
    [
        *((mode, ImageFormat.PNG) for mode in ("1", "L", "LA", "P", "RGBA", "I;16")),
        ("CMYK", ImageFormat.JPEG),
        ("L", ImageFormat.JPEG),
        ("RGBA", ImageFormat.WEBP),
    ],
)
def test_every_kind_of_pixel_is_fine(mode: str, image_format: ImageFormat) -> None:
    image = picture(mode="I" if mode == "I;16" else mode)
    if mode == "I;16":
        image = image.point(lambda value: value * 256).convert("I;16")
    facts = verify_image(encoded(image, image_format))
    assert facts.flags == ()
    assert verify_image(encoded(Image.new(image.mode, (9, 9)), image_format)).flags == ("blank",)


def test_a_palette_with_transparent_colours_is_fine() -> None:
    content = encoded(picture(mode="P"), transparency=bytes(range(128)))
    assert verify_image(content).flags == ()


def test_the_hash_survives_another_encoding_and_tells_pictures_apart() -> None:
    hashes = [verify_image(encoded(picture(1, (256, 192)), image_format)).phash for image_format in EVERY_FORMAT]
    other = verify_image(encoded(picture(2, (256, 192)))).phash
    assert max((one ^ another).bit_count() for one in hashes for another in hashes) <= 6
    assert ((hashes[0] ^ other) & (1 << 64) - 1).bit_count() > 16
    assert all(-(1 << 63) <= value < 1 << 63 for value in (*hashes, other))


async def test_threads_that_verify_at_once_do_not_disturb_each_other() -> None:
    contents = [encoded(picture(seed), image_format) for seed in range(8) for image_format in EVERY_FORMAT]
    alone = [verify_image(content) for content in contents]
    filters = list(warnings.filters)
    assert await asyncio.gather(*(asyncio.to_thread(verify_image, content) for content in contents)) == alone
    assert list(warnings.filters) == filters


_SEEDS = [with_c2pa(encoded(picture(), image_format), image_format) for image_format in EVERY_FORMAT]


@given(st.sampled_from(_SEEDS), st.data())
def test_damage_is_a_refusal_or_an_image_and_nothing_else(content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        facts = verify_image(bytes(damaged))
    except ImageRefused as refused:
        outcome = refused.reason
    else:
        outcome = facts.format.value
    assert outcome in {"unknown_format", "truncated", "too_many_pixels", "undecodable", *EVERY_FORMAT}
