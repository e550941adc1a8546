import asyncio
import io
from decimal import Decimal

import pytest
from PIL import Image

from illustrator.encoding import mark_of
from stories.api.wire import ErrorCode, ImageFormat, JobListing, JobStatus, ModelListing, PollAnswer, Profile
from studio.settings import AnswerForm
from studio.work.accounts import charges
from studio.work.drawing import IMAGE_MARK
from tests.doubles.open_studio import (
    AT_SEA,
    AT_SEA_EUR,
    AT_SEA_PROMPTS,
    SMALL,
    Gate,
    OpensStudio,
    polled,
    story,
    submitted,
)


async def test_a_story_is_drawn_charged_once_and_handed_out_in_every_format(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        job_id = await submitted(studio.client, AT_SEA)
        answer = PollAnswer.model_validate(await polled(studio.client, job_id))
        assert answer.status is JobStatus.COMPLETED
        assert answer.result is not None
        for scene in answer.result.scenes:
            assert scene is not None
            assert list(scene.images) == list(ImageFormat)
            for image_format, url in scene.images.items():
                picture = await studio.client.get(url, headers={"Authorization": ""})
                assert picture.headers["content-type"] == image_format.mime_type
                with Image.open(io.BytesIO(picture.content)) as image:
                    image.load()
                    assert (image.format, image.size) == (image_format.value.upper(), SMALL)
                    assert mark_of(image) == IMAGE_MARK
        for reference in (*answer.result.characters, *answer.result.locations):
            assert reference.reference_url is not None
            picture = await studio.client.get(reference.reference_url)
            with Image.open(io.BytesIO(picture.content)) as image:
                image.load()
                assert (image.format, image.size) == ("PNG", SMALL)
                assert mark_of(image) == IMAGE_MARK
        profile = Profile.model_validate((await studio.client.get("/v1/account/profile")).json())
        charged = charges(studio.service.directory.database)
    assert [scene.prompt for scene in answer.result.scenes if scene] == AT_SEA_PROMPTS
    assert [(charge.job_id, charge.amount_eur) for charge in charged] == [(job_id, AT_SEA_EUR)]
    assert answer.result.cost_eur == AT_SEA_EUR
    assert answer.result.balance_eur == profile.user.balance_eur == 100 - AT_SEA_EUR
    assert profile.user.held_eur == 0


async def test_scenes_that_are_finished_show_while_the_others_are_drawn(open_studio: OpensStudio) -> None:
    breaker = Gate()
    async with open_studio(sleep=breaker.sleep, seconds_per_scene=1) as studio:
        job_id = await submitted(studio.client, AT_SEA)
        breaker.let_through(1)
        document = await polled(studio.client, job_id, lambda answer: answer.scenes_completed == 1)
        answer = PollAnswer.model_validate(document)
        assert (answer.status, answer.scenes_total) == (JobStatus.PROCESSING, 2)
        assert answer.result is not None
        assert len(answer.result.scenes) == 1
        assert answer.result.scenes[0] is not None
        early = await studio.client.get(answer.result.scenes[0].images[ImageFormat.WEBP])
        assert early.status_code == 200
        assert charges(studio.service.directory.database) == []
        breaker.let_through(1)
        assert (await polled(studio.client, job_id))["status"] == "completed"
        late = await studio.client.get(answer.result.scenes[0].images[ImageFormat.WEBP])
        assert late.content == early.content


@pytest.mark.parametrize(
    ("form", "own_fields", "scene_fields", "result_fields"),
    [
        ("seed", {"id"}, {"images"}, set()),
        ("client", {"job_id"}, {"image_url"}, {"title", "locations", "cost_eur", "balance_eur"}),
        ("both", {"id", "job_id"}, {"images", "image_url"}, {"title", "locations", "cost_eur", "balance_eur"}),
    ],
)
async def test_each_answer_form_has_its_own_fields_and_reads_as_the_wire_models(
    open_studio: OpensStudio, form: str, own_fields: set[str], scene_fields: set[str], result_fields: set[str]
) -> None:
    async with open_studio(answers=AnswerForm(form)) as studio:
        accepted = (await studio.client.post("/v1/generate/story", json=AT_SEA)).json()
        document = await polled(studio.client, accepted["job_id"])
        looked_at = (await studio.client.get(f"/v1/jobs/{accepted['job_id']}")).json()
    assert (
        accepted.keys() - {"job_id"}
        == {
            "seed": {"poll_url"},
            "client": {"status"},
            "both": {"poll_url", "status"},
        }[form]
    )
    assert document.keys() == {"status", "scenes_completed", "scenes_total", "result"} | own_fields
    result = document["result"]
    assert isinstance(result, dict)
    assert result.keys() == {"scenes", "characters"} | result_fields
    assert isinstance(result["scenes"], list)
    assert all(scene.keys() == {"prompt"} | scene_fields for scene in result["scenes"] if isinstance(scene, dict))
    answer = PollAnswer.model_validate(document)
    assert answer.job_id == accepted["job_id"] == looked_at["job_id"]
    assert answer.result is not None
    assert all(scene is not None and ImageFormat.PNG in scene.images for scene in answer.result.scenes)
    assert looked_at["result"].keys() == result.keys()


async def test_a_failed_job_says_so_and_is_not_charged(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        job_id = await submitted(studio.client, story("fine", "[[fail]] here", "never drawn"))
        document = await polled(studio.client, job_id)
        profile = Profile.model_validate((await studio.client.get("/v1/account/profile")).json())
        assert charges(studio.service.directory.database) == []
    assert document["status"] == "failed"
    assert document["error"] == ErrorCode.INTERNAL
    assert document["scenes_completed"] == 1
    assert "result" not in document
    assert (profile.user.balance_eur, profile.user.held_eur) == (Decimal(100), Decimal(0))


async def test_a_job_that_meets_trouble_of_the_machine_waits_and_is_finished_later(open_studio: OpensStudio) -> None:
    paused = asyncio.Event()

    async def sleep(seconds: float) -> None:
        if seconds:
            paused.set()
        await asyncio.sleep(0.001)

    async with open_studio(sleep=sleep) as studio:
        images = studio.service.directory.root / "images"
        images.write_text("in the way")
        job_id = await submitted(studio.client, story("no room for me yet"))
        await paused.wait()
        assert (await polled(studio.client, job_id, lambda _: True))["status"] == "processing"
        images.unlink()
        assert (await polled(studio.client, job_id))["status"] == "completed"
        assert len(charges(studio.service.directory.database)) == 1


async def test_jobs_are_drawn_in_the_order_they_came(open_studio: OpensStudio) -> None:
    breaker = Gate()
    async with open_studio(sleep=breaker.sleep, seconds_per_scene=1) as studio:
        ids = [await submitted(studio.client, story(f"story {number}")) for number in range(3)]
        for done in range(3):
            breaker.let_through(1)
            await polled(studio.client, ids[done])
            waiting = [(await studio.client.get(f"/v1/jobs/{job_id}")).json()["status"] for job_id in ids[done + 2 :]]
            assert waiting == ["pending"] * len(waiting)
        charged = charges(studio.service.directory.database)
    assert [charge.job_id for charge in charged] == ids


async def test_the_listing_has_the_newest_job_first_with_an_instant_that_can_be_compared(
    open_studio: OpensStudio,
) -> None:
    async with open_studio(sleep=Gate().sleep, seconds_per_scene=1) as studio:
        first = await submitted(studio.client, story("first"))
        studio.clock.seconds += 10
        second = await submitted(studio.client, story("second"))
        listing = JobListing.model_validate((await studio.client.get("/v1/jobs")).json()).generations
    assert [job.job_id for job in listing] == [second, first]
    newest, oldest = (job.created_at for job in listing)
    assert newest is not None
    assert oldest is not None
    assert (newest - oldest).total_seconds() == 10


async def test_there_is_one_model_and_it_can_generate(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        listing = ModelListing.model_validate((await studio.client.get("/v1/models")).json())
    assert [(model.can_generate, str(model.approximate_cost_eur)) for model in listing.models] == [(True, "0.10")]
