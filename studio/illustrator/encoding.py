"""From a picture to the bytes of its file; the same picture gives the same bytes."""

import io

from PIL import Image

from stories.wire import ImageFormat

# PNG and WebP at their fastest: a picture's encoding would otherwise take longer than its drawing.
_OPTIONS: dict[ImageFormat, dict[str, int]] = {
    ImageFormat.PNG: {"compress_level": 2},
    ImageFormat.JPEG: {"quality": 88},
    ImageFormat.WEBP: {"method": 0, "quality": 80},
}


def encode(image: Image.Image, image_format: ImageFormat) -> bytes:
    """The picture as a whole file of this format."""
    content = io.BytesIO()
    image.save(content, image_format.value, **_OPTIONS[image_format])
    return content.getvalue()
