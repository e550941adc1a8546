"""Thumbnails for the gallery: made while an image is decoded anyway, and kept in one object for each batch."""

import base64
import binascii
import logging
from collections.abc import Iterable, Mapping
from io import BytesIO

from PIL import Image
from pydantic import TypeAdapter, ValidationError

from stories.dataset.images.similarity import PALETTES, Likeness
from stories.dataset.images.verification import ImageFacts, verify_image
from stories.dataset.layout import thumbnails_key
from stories.dataset.model import ImageRole, ImageStatus, SavedImage
from stories.storage.store import Store

_SCENE_PIXELS = 224
_REFERENCE_PIXELS = 96
"""Length of the longer side. Thumbnails of the studio's pictures have 5.2 KB and 1.1 KB (measured)."""
_QUALITY = 50

_BY_HASH = TypeAdapter(dict[str, str])
_log = logging.getLogger(__name__)


class Thumbnails:
    """Thumbnails of images that are saved and not yet committed, by the hash of the image; held in memory."""

    def __init__(self) -> None:
        self._by_hash: dict[str, bytes] = {}

    def verify(self, content: bytes, role: ImageRole, likeness: Likeness = PALETTES) -> ImageFacts:
        """Verify an image as `verify_image` does, and keep a thumbnail of it. Raises `ImageRefused`."""
        facts, thumbnail = verify_and_shrink(content, role, likeness)
        if thumbnail is not None:
            self._by_hash[facts.sha256] = thumbnail
        return facts

    async def publish(self, store: Store, *, run_id: str, batch_id: str, images: Iterable[SavedImage]) -> None:
        """Write the thumbnails of the batch's images; missing ones are made when the gallery is built."""
        hashes = {image.facts.sha256 for image in images if image.status is ImageStatus.OK and image.facts is not None}
        found = {sha256: self._by_hash[sha256] for sha256 in hashes if sha256 in self._by_hash}
        if found:
            await write_thumbnails(store, run_id, batch_id, encoded(found))

    def forget(self, images: Iterable[SavedImage]) -> None:
        """Drop the thumbnails of these images from memory."""
        for image in images:
            if image.facts is not None:
                self._by_hash.pop(image.facts.sha256, None)


def verify_and_shrink(
    content: bytes, role: ImageRole, likeness: Likeness = PALETTES
) -> tuple[ImageFacts, bytes | None]:
    """Return the facts of an image and its thumbnail, decoded once. Raises `ImageRefused`.

    The thumbnail is None if shrinking failed.
    """
    made: list[bytes] = []

    def shrink(image: Image.Image) -> None:
        try:
            made.append(_shrunk(image, _SCENE_PIXELS if role is ImageRole.SCENE else _REFERENCE_PIXELS))
        except Exception as exc:  # noqa: BLE001 - an image that was paid for is not refused for a failed thumbnail
            _log.warning("no thumbnail of an image of mode %s: %s: %s", image.mode, type(exc).__name__, exc)

    facts = verify_image(content, on_decoded=shrink, likeness=likeness)
    return facts, made[0] if made else None


def encoded(thumbnails: Mapping[str, bytes]) -> dict[str, str]:
    """Return the thumbnails in base64, as they are stored and as a page embeds them."""
    return {sha256: base64.b64encode(webp).decode() for sha256, webp in thumbnails.items()}


async def write_thumbnails(store: Store, run_id: str, batch_id: str, thumbnails: Mapping[str, str]) -> None:
    """Publish the thumbnails of a batch, WebP in base64 by the hash of the image."""
    content = _BY_HASH.dump_json(dict(sorted(thumbnails.items())))
    await store.publish(thumbnails_key(run_id, batch_id), content)


async def read_thumbnails(store: Store, run_id: str, batch_id: str) -> dict[str, str]:
    """Read what `write_thumbnails` wrote; empty if it is missing or damaged, for thumbnails can be made again."""
    content = await store.read(thumbnails_key(run_id, batch_id))
    if content is None:
        return {}
    try:
        found = _BY_HASH.validate_json(content)
    except ValidationError:
        return {}
    return {sha256: text for sha256, text in found.items() if _is_base64(text)}


def _is_base64(text: str) -> bool:
    """Return True for valid base64: the text goes into pages unescaped."""
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _shrunk(image: Image.Image, pixels: int) -> bytes:
    plain = image if image.mode in ("RGB", "RGBA", "L") else image.convert("RGBA")
    small = plain.reduce(max(1, max(plain.size) // (2 * pixels)))  # to twice the size or more: the rest is cheap
    small.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
    file = BytesIO()
    small.convert("RGBA" if small.has_transparency_data else "RGB").save(file, "WEBP", quality=_QUALITY, method=4)
    return file.getvalue()
