"""Thumbnails: made where an image is decoded, kept per batch, and never a reason to refuse an image."""

import base64
from io import BytesIO

import pytest
from PIL import Image

from stories.api.wire import ImageFormat
from stories.dataset.images.thumbnails import Thumbnails, read_thumbnails, verify_and_shrink
from stories.dataset.images.verification import verify_image
from stories.dataset.model import ImageRole
from stories.storage.store import Store
from tests.doubles import saved_stories as saved
from tests.doubles.pictures import EVERY_FORMAT, encoded, picture


@pytest.mark.parametrize(("role", "longer"), [(ImageRole.SCENE, 224), (ImageRole.CHARACTER, 96)])
@pytest.mark.parametrize("image_format", EVERY_FORMAT)
def test_a_thumbnail_is_small_and_keeps_the_shape(image_format: ImageFormat, role: ImageRole, longer: int) -> None:
    content = encoded(picture(1, (800, 600)), image_format)
    facts, thumbnail = verify_and_shrink(content, role)
    assert facts == verify_image(content)
    assert thumbnail is not None
    with Image.open(BytesIO(thumbnail)) as small:
        assert (small.format, small.size) == ("WEBP", (longer, longer * 3 // 4))
        reference = picture(1, (800, 600)).resize(small.size).convert("RGB")
        furthest = max(abs(a - b) for a, b in zip(small.convert("RGB").tobytes(), reference.tobytes(), strict=True))
    assert furthest < 60


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (3000, 2), (40, 700)])
def test_every_kind_of_png_has_one(mode: str, size: tuple[int, int]) -> None:
    image = Image.new("I;16", size, 40_000) if mode == "I;16" else picture(2, size).convert(mode)
    facts, thumbnail = verify_and_shrink(encoded(image), ImageRole.SCENE)
    assert (facts.width, facts.height) == size
    assert thumbnail is not None


async def test_those_of_a_batch_are_read_back_by_the_hash_of_their_image(store: Store) -> None:
    thumbnails, story = Thumbnails(), saved.completed(1, scenes=2)
    for index in range(2):
        thumbnails.verify(saved.picture_of(index, ImageFormat.PNG), ImageRole.SCENE)
    await thumbnails.publish(store, run_id="r-1", batch_id="b-1", images=story.images)
    found = await read_thumbnails(store, "r-1", "b-1")
    assert set(found) == {saved.facts_of(index, ImageFormat.PNG).sha256 for index in range(2)}
    assert all(base64.b64decode(text).startswith(b"RIFF") for text in found.values())

    thumbnails.forget(story.images)
    await thumbnails.publish(store, run_id="r-1", batch_id="b-2", images=story.images)
    assert await read_thumbnails(store, "r-1", "b-2") == {}


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1}', b'{"a": "\\"><script>"}'])
async def test_what_is_damaged_reads_as_none_at_all(store: Store, content: bytes) -> None:
    await store.publish("_meta/thumbnails/r-1/b-1.json", content)
    assert await read_thumbnails(store, "r-1", "b-1") == {}
