"""From a picture to the bytes of its file; the same picture gives the same bytes."""

import io

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from stories.wire import ImageFormat

# PNG and WebP at their fastest: a picture's encoding would otherwise take longer than its drawing. The plugins are
# imported by name, for Pillow would otherwise load all of its fifty at the first WebP.
_FORMATS = {
    ImageFormat.PNG: (PngImageFile.format, {"compress_level": 2}),
    ImageFormat.JPEG: (JpegImageFile.format, {"quality": 88}),
    ImageFormat.WEBP: (WebPImageFile.format, {"method": 0, "quality": 80}),
}


def encode(image: Image.Image, image_format: ImageFormat) -> bytes:
    """The picture as a whole file of this format."""
    content = io.BytesIO()
    name, options = _FORMATS[image_format]
    image.save(content, name, **options)
    return content.getvalue()
