"""The matrix of keys and objects: what belongs to one account does not exist for another, nor for nobody."""

import io
from dataclasses import dataclass

import httpx
from PIL import Image

from stories.api.wire import ImageFormat, PollAnswer
from tests.doubles.open_studio import AT_SEA, OTHER_KEY, OpensStudio, polled, signed_in, submitted
from tests.doubles.running_studio import KEY

# Keys that open no account: none like it, one character more, one fewer, one that costs money, and no key at all.
STRANGERS = ("Bearer dpct_dev_no-such-key", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", "Bearer dpct_live_0123456789", "")


@dataclass(frozen=True)
class Belongings:
    """The possessions of one account: its job, the URLs of its pictures and of its upload."""

    job_id: str
    picture_urls: list[str]
    upload_url: str

    @property
    def paths(self) -> list[str]:
        """Return the paths of its objects that need a key."""
        return [f"/v1/generate/story/{self.job_id}", f"/v1/jobs/{self.job_id}"]


async def belongings_of(client: httpx.AsyncClient) -> Belongings:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(content, "PNG")
    job_id = await submitted(client, AT_SEA)
    result = PollAnswer.model_validate(await polled(client, job_id)).result
    assert result is not None
    scenes = [url for scene in result.scenes if scene for url in scene.images.values()]
    references = [entry.reference_url for entry in (*result.characters, *result.locations) if entry.reference_url]
    upload = await client.post("/v1/upload", files={"image": ("a.png", content.getvalue())})
    assert len(scenes) == 2 * len(ImageFormat)
    return Belongings(job_id, [*scenes, *references], upload.json()["upload_url"])


async def test_no_key_reaches_what_another_one_owns(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        clients = {KEY: studio.client, OTHER_KEY: studio.other_client}
        owned = {key: await belongings_of(client) for key, client in clients.items()}
        for owner, belongings in owned.items():
            for key, client in clients.items():
                statuses = [(await client.get(path)).status_code for path in belongings.paths]
                assert statuses == [200 if key == owner else 404] * len(belongings.paths)
                listing = (await client.get("/v1/jobs")).text
                assert (belongings.job_id in listing) is (key == owner)
                page = (await (await signed_in(studio, key)).get("/")).text
                assert (belongings.job_id in page) is (key == owner)
            for stranger in STRANGERS:
                headers = {"Authorization": stranger}
                for path in (*belongings.paths, "/v1/jobs", "/v1/account/profile", "/v1/models"):
                    assert (await studio.client.get(path, headers=headers)).status_code == 401


async def test_what_does_not_exist_and_what_belongs_to_another_are_answered_alike(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        job_id = (await belongings_of(studio.other_client)).job_id
        other = await studio.client.get(f"/v1/jobs/{job_id}")
        none = await studio.client.get("/v1/jobs/00000000-0000-4000-8000-000000000000")
    assert (other.status_code, other.content) == (none.status_code, none.content)


async def test_a_url_opens_its_own_file_and_no_other(open_studio: OpensStudio) -> None:
    """Each query on each path, over both accounts' pictures and uploads."""
    async with open_studio() as studio:
        both = [await belongings_of(client) for client in (studio.client, studio.other_client)]
        urls = [url for belongings in both for url in (*belongings.picture_urls, belongings.upload_url)]
        for path, own_query in (url.split("?") for url in urls):
            for query in {url.split("?")[1] for url in urls}:
                expected = 200 if query == own_query else 403
                assert (await studio.client.get(f"{path}?{query}")).status_code == expected
