import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from stories.api.images import ImageClient
from stories.api.poll import PollClient
from stories.api.wire import ImageFormat, StoryResult
from stories.dataset.model import ImageStatus, SavedImage
from stories.errors import ConnectionLost, JobNotFound, TargetUnusable
from stories.jobs.image_saver import DownloadContext, ImageSaver
from stories.storage.fsspec_store import FsspecStore
from stories.storyboards.story import Story, identify
from stories.strict_json import JsonObject
from tests.doubles.hand_clock import HandClock
from tests.doubles.scripted_api import Answer, ScriptedApi, image_bytes
from tests.doubles.scripted_server import raw_answer

PNG, JPEG, WEBP = ImageFormat
FORBIDDEN = raw_answer(403, b"expired")
SILENCE = b""

NewSaver = Callable[..., ImageSaver]


def a_story(scenes: int = 2) -> Story:
    storyboard: JsonObject = {
        "scenes": [{"prompt": f"scene {number}"} for number in range(scenes)],
        "characters": [{"name": "Mira"}],
        "locations": [{"name": "The hill"}],
    }
    return identify(storyboard, sample=0, source_uris=["a.json"])


def the_result(api: ScriptedApi, signature: str = "first", **changes: object) -> StoryResult:
    return StoryResult.model_validate(api.result("job-1", signature, **changes))


@pytest.fixture
def new_saver(
    api: ScriptedApi, polls: PollClient, images: ImageClient, target: FsspecStore, clock: HandClock
) -> NewSaver:
    """A saver of a story that is `job-1`; its refresh polls the job."""

    def saver(
        story: Story | None = None,
        *,
        formats: tuple[ImageFormat, ...] = (PNG,),
        references: bool = True,
        downloads: int = 4,
    ) -> ImageSaver:
        story = story or a_story()
        api.jobs["job-1"] = story.storyboard.model_dump(mode="json")

        async def refresh() -> StoryResult:
            result = (await polls.job("job-1")).answer.result
            assert result is not None
            return result

        downloads_context = DownloadContext(target, images, clock, formats, references, asyncio.Semaphore(downloads))
        return ImageSaver(downloads_context, story, refresh)

    return saver


@pytest.fixture
async def no_complaint() -> AsyncIterator[None]:
    """The event loop has none, such as of an exception that nobody retrieved."""
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(str(context)))
    yield
    gc.collect()
    assert complaints == []


def fetched_once(api: ScriptedApi) -> bool:
    return set(api.fetches.values()) == {0}


def statuses(images: tuple[SavedImage, ...]) -> list[tuple[str, str | None]]:
    return [(image.status.value, image.error_code) for image in images]


async def test_every_image_is_written_as_served_in_reading_order(
    api: ScriptedApi, new_saver: NewSaver, target: FsspecStore
) -> None:
    images = await new_saver(formats=(PNG, WEBP)).finish(the_result(api))
    story_id = a_story().story_id
    assert [image.key for image in images] == [
        f"images/{story_id}/scene-01.png",
        f"images/{story_id}/scene-01.webp",
        f"images/{story_id}/scene-02.png",
        f"images/{story_id}/scene-02.webp",
        f"images/{story_id}/character-mira-{images[4].key[-12:-4]}.png",
        f"images/{story_id}/location-the-hill-{images[5].key[-12:-4]}.png",
    ]
    assert await target.read(images[1].key or "") == image_bytes("/images/job-1/scene-0.webp", WEBP)
    assert fetched_once(api)


async def test_references_are_left_alone_when_they_are_not_asked_for(api: ScriptedApi, new_saver: NewSaver) -> None:
    images = await new_saver(references=False).finish(the_result(api))
    assert len(images) == 2
    assert not any("characters" in path for path in api.fetches)


async def test_what_is_not_served_is_missing(api: ScriptedApi, new_saver: NewSaver) -> None:
    saver = new_saver(references=False)
    first = {**api.scene("job-1", 0), "images": {"png": api.scene("job-1", 0)["images"]["png"], "tiff": "https://x"}}
    images = await saver.finish(the_result(api, scenes=[first, None]))
    assert statuses(images) == [("ok", None), ("missing", "not_served")]


async def test_a_format_that_is_not_served_is_missing(api: ScriptedApi, new_saver: NewSaver) -> None:
    saver = new_saver(references=False, formats=(PNG, JPEG))
    scenes = [{"prompt": f"scene {n}", "image_url": f"{api.url}/images/job-1/scene-{n}.png?sig=x"} for n in range(2)]
    images = await saver.finish(the_result(api, scenes=scenes))
    assert [status for status, _ in statuses(images)] == ["ok", "missing", "ok", "missing"]


@pytest.mark.parametrize("downloads", [1, 3, 50])
async def test_urls_that_have_expired_are_asked_for_once_for_all_images(
    api: ScriptedApi, new_saver: NewSaver, downloads: int
) -> None:
    """Also for those whose turn comes when the fresh answer is there already."""
    api.on_image = lambda path, sig, _: FORBIDDEN if sig == "first" else api.image_answer(path)
    api.on_poll = lambda job_id, _: api.completed(job_id, "second")
    saver = new_saver(a_story(12), references=False, downloads=downloads)
    images = await saver.finish(the_result(api))
    assert {image.status for image in images} == {ImageStatus.OK}
    assert api.polls["job-1"] == 0, "the first poll is the only one"


async def test_a_refusal_that_comes_after_the_fresh_answer_asks_for_no_other(
    api: ScriptedApi, new_saver: NewSaver
) -> None:
    renewed = asyncio.Event()

    async def late_refusal() -> bytes:
        await renewed.wait()
        return FORBIDDEN

    def on_image(path: str, signature: str, _number: int) -> Answer | Awaitable[Answer]:
        if signature == "second":
            renewed.set()
            return api.image_answer(path)
        return late_refusal() if "scene-1" in path else FORBIDDEN

    api.on_image = on_image
    api.on_poll = lambda job_id, _: api.completed(job_id, "second")
    images = await new_saver(references=False).finish(the_result(api))
    assert {image.status for image in images} == {ImageStatus.OK}
    assert api.polls["job-1"] == 0


async def test_a_url_that_is_about_to_expire_is_renewed_before_it_is_used(
    api: ScriptedApi, new_saver: NewSaver, clock: HandClock
) -> None:
    saver = new_saver(references=False)
    soon = int(clock.now().timestamp()) + 30
    api.on_poll = lambda job_id, _: api.completed(job_id, f"second&exp={soon + 3600}")
    images = await saver.finish(the_result(api, f"first&exp={soon}"))
    assert {image.status for image in images} == {ImageStatus.OK}
    assert all("sig=second" in request.target for request in api.requests if request.target.startswith("/images/"))


async def test_a_url_that_is_refused_however_fresh_is_a_failed_image(api: ScriptedApi, new_saver: NewSaver) -> None:
    api.on_image = lambda path, _sig, _: FORBIDDEN if "scene-1" in path else api.image_answer(path)
    api.on_poll = lambda job_id, number: api.completed(job_id, f"fresh-{number}")
    images = await new_saver(references=False).finish(the_result(api))
    assert statuses(images) == [("ok", None), ("failed", "expired")]
    assert api.fetches["/images/job-1/scene-1.png"] == 2
    assert api.polls["job-1"] <= 2


async def test_a_job_that_is_gone_when_its_urls_have_expired_is_raised(api: ScriptedApi, new_saver: NewSaver) -> None:
    api.on_image = lambda *_: FORBIDDEN
    api.on_poll = lambda *_: raw_answer(404, {"error": "not_found", "message": "gone"})
    with pytest.raises(JobNotFound):
        await new_saver().finish(the_result(api))


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (image_bytes("a")[:-20], "truncated"),
        (b"<html>please wait</html>", "unknown_format"),
        (image_bytes("a")[:60] + b"\0" * 400 + image_bytes("a")[460:], "undecodable"),
    ],
    ids=["cut", "html", "damaged"],
)
async def test_broken_bytes_are_fetched_again_and_are_data_when_they_stay_broken(
    api: ScriptedApi, new_saver: NewSaver, broken: bytes, reason: str
) -> None:
    def on_image(path: str, _signature: str, number: int) -> Answer:
        is_broken = "scene-1" in path or ("scene-0" in path and number == 0)
        return raw_answer(200, broken) if is_broken else api.image_answer(path)

    api.on_image = on_image
    images = await new_saver(references=False).finish(the_result(api))
    assert statuses(images) == [("ok", None), ("failed", reason)]
    assert [last for _path, last in sorted(api.fetches.items())] == [1, 2]
    assert images[1].error_message


async def test_bytes_of_another_format_keep_their_true_name(api: ScriptedApi, new_saver: NewSaver) -> None:
    api.on_image = lambda path, *_: raw_answer(200, image_bytes(path, JPEG))
    images = await new_saver(references=False).finish(the_result(api))
    assert [image.key and image.key[-6:] for image in images] == ["01.jpg", "02.jpg"]
    assert [image.asked_format for image in images] == [PNG, PNG]


async def test_of_several_formats_one_that_is_another_fails_so_that_no_two_are_one_file(
    api: ScriptedApi, new_saver: NewSaver
) -> None:
    api.on_image = lambda path, *_: raw_answer(200, image_bytes(path, JPEG))
    images = await new_saver(references=False, formats=(PNG, WEBP)).finish(the_result(api))
    assert statuses(images) == [("failed", "format_mismatch")] * 4


async def test_trouble_of_the_network_is_raised_and_the_step_goes_on_where_it_was(
    api: ScriptedApi, new_saver: NewSaver
) -> None:
    api.on_image = lambda path, *_: None if "scene-1" in path else api.image_answer(path)
    saver = new_saver()
    with pytest.raises(ConnectionLost):
        await saver.finish(the_result(api))
    api.on_image = lambda path, *_: api.image_answer(path)
    images = await saver.finish(the_result(api))
    assert {image.status for image in images} == {ImageStatus.OK}
    assert [number for path, number in api.fetches.items() if "scene-1" not in path] == [0, 0, 0]


async def test_a_target_that_cannot_be_written_is_raised(
    api: ScriptedApi, new_saver: NewSaver, tmp_path: Path, no_complaint: None
) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "images").write_bytes(b"a file where a directory has to be")
    with pytest.raises(TargetUnusable):
        await new_saver().finish(the_result(api))


async def test_scenes_that_were_offered_early_are_not_fetched_again(api: ScriptedApi, new_saver: NewSaver) -> None:
    saver = new_saver()
    for _ in range(3):
        saver.offer(the_result(api, scenes=[api.scene("job-1", 1)]))
        await asyncio.sleep(0)
    images = await saver.finish(the_result(api, "second"))
    assert [image.ordinal for image in images if image.name is None] == [0, 1]
    assert fetched_once(api)
    assert "sig=first" in next(request.target for request in api.requests if "scene-1" in request.target)


async def test_scenes_that_are_listed_in_the_order_of_finishing_go_to_their_places(
    api: ScriptedApi, new_saver: NewSaver, target: FsspecStore
) -> None:
    """All scenes are there, and the job is not completed: the references are still being drawn."""
    saver = new_saver(a_story(3), references=False)
    saver.offer(the_result(api, scenes=[api.scene("job-1", index) for index in (2, 0, 1)]))
    await asyncio.gather(*saver._fetches.values())
    images = await saver.finish(the_result(api))
    for index, image in enumerate(images):
        assert await target.read(image.key or "") == image_bytes(f"/images/job-1/scene-{index}.png")


async def test_what_could_not_be_had_early_begins_again_when_the_story_is_complete(
    api: ScriptedApi, new_saver: NewSaver
) -> None:
    api.on_image = lambda path, sig, _: api.image_answer(path) if sig == "last" else raw_answer(200, b"not yet")
    saver = new_saver(references=False)
    saver.offer(the_result(api, scenes=[api.scene("job-1", 0)]))
    await asyncio.gather(*saver._fetches.values())
    images = await saver.finish(the_result(api, "last"))
    assert {image.status for image in images} == {ImageStatus.OK}


async def test_a_fresh_url_of_a_partial_answer_goes_to_the_scene_of_its_prompt(
    api: ScriptedApi, new_saver: NewSaver, target: FsspecStore
) -> None:
    """While it is processing, the service lists the finished scenes without gaps, and other ones first by now."""
    api.on_image = lambda path, sig, _: FORBIDDEN if sig == "first" else api.image_answer(path)
    saver = new_saver(a_story(3), references=False)
    api.on_poll = lambda job_id, _: {
        "status": "processing",
        "result": {"scenes": [api.scene(job_id, 2, "second"), api.scene(job_id, 0, "second")]},
    }
    saver.offer(the_result(api, scenes=[api.scene("job-1", 0), api.scene("job-1", 2)]))
    images = await saver.finish(the_result(api, "second"))
    for index, image in enumerate(images):
        assert await target.read(image.key or "") == image_bytes(f"/images/job-1/scene-{index}.png")


async def test_what_is_abandoned_leaves_no_task_and_no_complaint(
    api: ScriptedApi, new_saver: NewSaver, no_complaint: None
) -> None:
    api.on_image = lambda path, *_: {"0": SILENCE, "1": raw_answer(403, b"")}.get(path[-5], raw_answer(200, b"broken"))
    refreshing = asyncio.Event()

    def on_poll(_job_id: str, _number: int) -> bytes:
        refreshing.set()
        return SILENCE

    api.on_poll = on_poll
    before = asyncio.all_tasks()
    saver = new_saver(a_story(3))
    finishing = asyncio.create_task(saver.finish(the_result(api)))
    await refreshing.wait()
    finishing.cancel()
    await asyncio.gather(finishing, return_exceptions=True)
    await saver.abandon()
    await saver.abandon()
    names = {task.get_coro().__qualname__ for task in asyncio.all_tasks() - before}  # type: ignore[union-attr] # coroutines
    assert not any("ImageSaver" in name for name in names)


async def test_a_saver_that_never_began_has_nothing_to_abandon(new_saver: NewSaver) -> None:
    before = asyncio.all_tasks()
    await new_saver().abandon()
    assert asyncio.all_tasks() == before
