from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from stories.api.wire import ImageFormat, PollAnswer
from studio.work.picture_names import Picture, Role
from tests.doubles.open_studio import OpensStudio, OpenStudio, polled, story, submitted


@pytest.fixture
async def drawn(open_studio: OpensStudio) -> AsyncIterator[tuple[OpenStudio, str]]:
    """A studio with one finished story, and the signed URL of its first scene."""
    async with open_studio() as studio:
        job_id = await submitted(studio.client, story("a cat", "a dog"))
        result = PollAnswer.model_validate(await polled(studio.client, job_id)).result
        assert result is not None
        assert result.scenes[0] is not None
        yield studio, result.scenes[0].images[ImageFormat.PNG]


async def test_a_signed_url_opens_without_a_key_until_its_hour_is_over(drawn: tuple[OpenStudio, str]) -> None:
    studio, url = drawn
    del studio.client.headers["authorization"]
    good = await studio.client.get(url)
    studio.clock.seconds += 3599
    still_good = await studio.client.get(url)
    studio.clock.seconds += 1
    expired = await studio.client.get(url)
    assert (good.status_code, still_good.status_code, expired.status_code) == (200, 200, 403)
    assert "expired" in expired.text
    assert expired.headers["content-type"] == "text/plain; charset=utf-8"
    assert good.headers["cache-control"] == "private, no-store"
    assert good.headers["x-content-type-options"] == "nosniff"


async def test_a_signed_url_that_was_changed_opens_nothing(drawn: tuple[OpenStudio, str]) -> None:
    studio, url = drawn
    path, query = urlsplit(url).path, urlsplit(url).query
    expiry, key_id, signature = query.split("&")
    second_scene, other_format = path.replace("scene-01", "scene-02"), path.replace(".png", ".jpg")
    changed = [
        path,
        f"{second_scene}?{query}",
        f"{other_format}?{query}",
        f"{path}?{expiry}0&{key_id}&{signature}",
        f"{path}?{expiry}&{key_id}&{signature[:-1]}{'0' if signature[-1] != '0' else '1'}",
        f"{path}?{expiry}&{key_id}&sig=",
        f"{path}?{expiry}&{key_id}&sig=ß",
        f"{path}?{expiry}&kid=00000000&{signature}",
        f"{path}?exp=soon&{key_id}&{signature}",
        f"{path}?{expiry}.0&{key_id}&{signature}",
        f"{path}?{key_id}&{signature}",
        f"{path}?{query}&{expiry}",
        f"{path}?{query}&extra=1",
    ]
    assert {(await studio.client.get(attempt)).status_code for attempt in changed} == {403}
    assert (await studio.client.get(url)).status_code == 200


async def test_a_path_that_names_no_picture_is_not_found_whatever_it_looks_like(drawn: tuple[OpenStudio, str]) -> None:
    studio, url = drawn
    job_path, query = urlsplit(url).path.rsplit("/", 1)[0], urlsplit(url).query
    names = ["scene-1.png", "scene-001.png", "scene-01.gif", "character-01.jpg", "..%2Fkey", "scene-01.png%00"]
    for path in [*(f"{job_path}/{name}" for name in names), "/images/../url-secret", "/images/..%2F..%2Fkey/x.png"]:
        assert (await studio.client.get(f"{path}?{query}")).status_code == 404


async def test_a_picture_that_was_never_drawn_is_not_found_even_with_a_good_signature(
    drawn: tuple[OpenStudio, str],
) -> None:
    studio, url = drawn
    path = urlsplit(url).path.replace("scene-01", "scene-09")
    signed = studio.service.signer.signed(path, now=studio.clock.now())
    assert (await studio.client.get(signed)).status_code == 404


async def test_image_urls_carry_the_origin_that_was_configured_and_are_served_there(open_studio: OpensStudio) -> None:
    async with open_studio(image_origin="http://images.localhost:8787") as studio:
        job_id = await submitted(studio.client, story("a cat"))
        result = PollAnswer.model_validate(await polled(studio.client, job_id)).result
        assert result is not None
        assert result.scenes[0] is not None
        url = result.scenes[0].images[ImageFormat.PNG]
        answer = await studio.client.get(url)
    assert url.startswith("http://images.localhost:8787/images/")
    assert answer.status_code == 200


@pytest.mark.parametrize("role", list(Role))
def test_every_file_name_of_a_picture_reads_back_as_that_picture(role: Role) -> None:
    for picture in (Picture(role, 0), Picture(role, 41)):
        for image_format in picture.formats:
            assert Picture.from_file_name(picture.file_name(image_format)) == (picture, image_format)
