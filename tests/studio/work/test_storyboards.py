import io

import pytest
from PIL import Image

from stories.api.wire import PollAnswer
from stories.strict_json import JsonObject, canonical_json
from studio.work.storyboards import read_storyboard, scene_size
from tests.doubles.open_studio import SMALL, OpensStudio, polled, story, submitted


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({}, (768, 768)),
        ({"aspect_ratio": "1:1"}, (768, 768)),
        ({"aspect_ratio": "16:9"}, (768, 432)),
        ({"aspect_ratio": "9:16", "image_size": "1K"}, (576, 1024)),
        ({"aspect_ratio": "4:3", "image_size": "2K"}, (2048, 1536)),
        ({"aspect_ratio": "3:4", "image_size": "4K"}, (1536, 2048)),
        ({"image_size": "1K"}, (1024, 1024)),
        ({"aspect_ratio": None, "image_size": None}, (768, 768)),
    ],
)
def test_a_storyboard_may_ask_for_a_shape_and_a_size(asked: JsonObject, size: tuple[int, int]) -> None:
    storyboard = read_storyboard(canonical_json({**story("a cat"), **asked}))
    assert scene_size(storyboard, (768, 768)) == size


async def test_a_scene_is_drawn_as_wide_and_high_as_its_storyboard_asks(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        job_id = await submitted(studio.client, story("a cat", aspect_ratio="16:9", characters=[{"name": "Tom"}]))
        result = PollAnswer.model_validate(await polled(studio.client, job_id)).result
        assert result is not None
        assert result.scenes[0] is not None
        urls = [*result.scenes[0].images.values(), result.characters[0].reference_url or ""]
        files = [(await studio.client.get(url)).content for url in urls]
    sizes = [Image.open(io.BytesIO(content)).size for content in files]
    assert sizes == [(96, 48)] * 3 + [SMALL]


@pytest.mark.parametrize("asked", [{"aspect_ratio": "5:4"}, {"image_size": "8K"}, {"aspect_ratio": 1}])
async def test_a_shape_that_is_not_known_is_refused(open_studio: OpensStudio, asked: JsonObject) -> None:
    async with open_studio() as studio:
        answer = await studio.client.post("/v1/generate/story", json={**story("a cat"), **asked})
    assert answer.status_code == 422
    assert list(answer.json()["details"]) == list(asked)
