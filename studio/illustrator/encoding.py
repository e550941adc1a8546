"""From a picture to the bytes of its file; the same picture gives the same bytes."""

import io

from PIL import Image
from PIL.ExifTags import Base
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile, PngInfo
from PIL.WebPImagePlugin import WebPImageFile

from stories.wire import ImageFormat

# PNG and WebP at their fastest: a picture's encoding would otherwise take longer than its drawing. The plugins are
# imported by name, for Pillow would otherwise load all of its fifty at the first WebP.
_FORMATS = {
    ImageFormat.PNG: (PngImageFile.format, {"compress_level": 2}),
    ImageFormat.JPEG: (JpegImageFile.format, {"quality": 88}),
    ImageFormat.WEBP: (WebPImageFile.format, {"method": 0, "quality": 80}),
}


def encode(image: Image.Image, image_format: ImageFormat, mark: str) -> bytes:
    """The picture as a whole file of this format; `mark`, ASCII, says in its metadata whose work it is."""
    content = io.BytesIO()
    name, options = _FORMATS[image_format]
    image.save(content, name, **options, **_marked(image_format, mark))
    return content.getvalue()


def mark_of(image: Image.Image) -> str | None:
    """The mark that an opened file carries, None when it has none."""
    comment = image.info.get("comment", b"")
    found = image.info.get("Source") or comment.decode("ascii", "replace") or image.getexif().get(Base.ImageDescription)
    return found if isinstance(found, str) else None


def _marked(image_format: ImageFormat, mark: str) -> dict[str, object]:
    """Each format's own place for a text that people's tools show."""
    match image_format:
        case ImageFormat.PNG:
            text = PngInfo()
            text.add_text("Source", mark)
            return {"pnginfo": text}
        case ImageFormat.JPEG:
            return {"comment": mark}
        case ImageFormat.WEBP:
            exif = Image.Exif()
            exif[Base.ImageDescription] = mark
            return {"exif": exif}
