"""What schemathesis has to be told to generate: images, which no schema describes."""

import io

import schemathesis
from hypothesis import strategies
from PIL import Image

from stories.api.wire import ImageFormat


def _file(image_format: ImageFormat, side: int) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(content, image_format.value)
    return content.getvalue()


for known in ImageFormat:
    schemathesis.openapi.media_type(
        known.mime_type, strategies.sampled_from([_file(known, side) for side in (1, 8, 64)])
    )
