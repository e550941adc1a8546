"""A single story is paid for once from its directory, whatever happens to the command, the service and the files."""

import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from stories.api.wire import ImageFormat
from stories.clock import SystemClock
from stories.config import RunConfig
from stories.errors import (
    ApiRefusal,
    ConnectionLost,
    ImageRefused,
    OutcomeUnknown,
    RateLimited,
    StillRunning,
    TargetUnusable,
)
from stories.single.folder import ImageSelection, StoryRecord, open_folder
from stories.single.progress import Stage, StoryProgress
from stories.single.run import fetch_story, run_story
from stories.storyboards.story import Story, identify
from tests.doubles.meddling_proxy import Answer, Request, meddling_proxy
from tests.doubles.running_studio import KEY, RunningStudio, running_studio
from tests.doubles.scripted_server import closed_port
from tests.doubles.whole_runs import config_for

PNG = ImageSelection(ImageFormat.PNG, references=True)
CLOCK = SystemClock()
JITTER = random.Random(1)  # noqa: S311 - spreads waits


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    with running_studio(tmp_path_factory.mktemp("studio")) as running:
        yield running


def config_at(url: str, tmp_path: Path, *, deadline_seconds: float = 60.0) -> RunConfig:
    config = config_for(
        url, tmp_path / "state", api_key=KEY, max_cost_eur=None, poll_interval_seconds=0.02, lost_after_seconds=0.0
    )
    poll = config.poll.model_copy(update={"deadline_seconds": deadline_seconds})  # below the bound of the setting
    return config.model_copy(update={"poll": poll})


def story_of(prompt: str) -> Story:
    document = {"scenes": [{"prompt": prompt}], "characters": [{"name": "Ann"}], "title": prompt}
    return identify(document, sample=0, source_uris=["story.json"])


class Command:
    """Runs stories into one directory; keeps the progress of the last."""

    def __init__(self, tmp_path: Path) -> None:
        self.root = tmp_path / "out"
        self._tmp_path = tmp_path
        self.progress = StoryProgress(self.root, ImageFormat.PNG)

    async def run(
        self, story: Story, url: str, selection: ImageSelection = PNG, *, deadline_seconds: float = 60.0
    ) -> StoryRecord:
        self.progress = StoryProgress(self.root, selection.image_format)
        config = config_at(url, self._tmp_path, deadline_seconds=deadline_seconds)
        return await run_story(story, selection, config, self.progress, clock=CLOCK, jitter=JITTER)

    async def fetch(self, job_id: str, url: str, selection: ImageSelection = PNG) -> StoryRecord:
        self.progress = StoryProgress(self.root, selection.image_format)
        config = config_at(url, self._tmp_path)
        return await fetch_story(job_id, selection, config, self.progress, clock=CLOCK, jitter=JITTER)


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


async def test_a_finished_directory_needs_no_service_at_all(command: Command, studio: RunningStudio) -> None:
    record = await command.run(story_of("alone"), studio.url)
    assert (record.title, record.cost_eur, record.scenes) == ("alone", Decimal("0.15"), 1)
    assert await command.run(story_of("alone"), f"http://127.0.0.1:{closed_port()}") == record
    assert "nothing was sent" in command.progress.notes[0]


async def test_another_format_of_a_finished_story_is_fetched_and_not_sent(
    command: Command, studio: RunningStudio
) -> None:
    await command.run(story_of("formats"), studio.url)
    before = len(studio.posts())
    await command.run(story_of("formats"), studio.url, ImageSelection(ImageFormat.WEBP, references=False))
    assert (command.root / "scene-01.webp").read_bytes()[8:12] == b"WEBP"
    assert (command.root / "scene-01.png").exists()
    assert len(studio.posts()) == before


async def test_images_that_are_there_are_left_as_they_are(command: Command, studio: RunningStudio) -> None:
    await command.run(story_of("edited"), studio.url)
    (command.root / "scene-01.png").write_bytes(b"edited by hand")
    (command.root / "characters/ann.png").unlink()
    await command.run(story_of("edited"), studio.url)
    assert (command.root / "scene-01.png").read_bytes() == b"edited by hand"
    assert (command.root / "characters/ann.png").exists()


async def test_broken_bytes_are_no_image_and_the_next_command_fetches_them(
    command: Command, studio: RunningStudio
) -> None:
    def break_scene(request: Request) -> Answer | None:
        return Answer(200, b"\x89PNG\r\n\x1a\n and no more") if "/scene-" in request.path else None

    before = len(studio.posts())
    refusal = pytest.raises(ImageRefused, match=r"1 of 2 images are missing \(scene-01.png\)")
    with meddling_proxy(studio.url, break_scene) as url, refusal:
        await command.run(story_of("broken"), url)
    assert command.progress.stage is Stage.COMPLETED
    assert "complete and charged" in command.progress.advice
    assert not (command.root / "scene-01.png").exists()
    assert (command.root / "characters/ann.png").exists()
    await command.run(story_of("broken"), studio.url)
    assert (command.root / "scene-01.png").exists()
    assert len(studio.posts()) == before + 1


async def test_a_job_that_failed_is_sent_again_at_most_twice_and_looked_at_before(
    command: Command, studio: RunningStudio
) -> None:
    before = len(studio.posts())
    asked: list[str] = []
    with meddling_proxy(studio.url, lambda request: asked.append(f"{request.method} {request.path}")) as url:
        for _ in range(5):
            with pytest.raises(ApiRefusal, match=r"\[\[fail\]\]"):
                await command.run(story_of("never [[fail]]"), url)
    jobs = [post["job_id"] for post in studio.posts()[before:]]
    assert len(jobs) == 3
    polls_after_second_post = [line for line in asked if line == f"GET /v1/generate/story/{jobs[0]}"]
    assert len(polls_after_second_post) >= 2
    assert asked.index(f"GET /v1/generate/story/{jobs[1]}") > asked.index(polls_after_second_post[0])


async def test_trouble_while_waiting_is_waited_out(command: Command, studio: RunningStudio) -> None:
    refusals = iter(range(6))

    def busy(request: Request) -> Answer | None:
        is_poll = request.path.startswith("/v1/generate/story/")
        return Answer(503, b"busy") if is_poll and next(refusals, None) is not None else None

    with meddling_proxy(studio.url, busy) as url:
        await command.run(story_of("busy"), url)
    assert (command.root / "scene-01.png").exists()


async def test_a_service_that_stays_away_ends_in_a_timeout_and_not_in_a_failure(
    command: Command, studio: RunningStudio
) -> None:
    def away(request: Request) -> Answer | None:
        return Answer(502, b"away") if request.path.startswith("/v1/generate/story/") else None

    with meddling_proxy(studio.url, away) as url, pytest.raises(StillRunning):
        await command.run(story_of("away"), url, deadline_seconds=0.3)
    assert command.progress.still_running
    assert await command.run(story_of("away"), studio.url)


async def test_an_attempt_that_provably_never_ran_is_followed_by_another(
    command: Command, studio: RunningStudio
) -> None:
    def busy(request: Request) -> Answer | None:
        return Answer(429, b"") if request.method == "POST" else None

    with meddling_proxy(studio.url, busy) as url, pytest.raises(RateLimited):
        await command.run(story_of("late"), url)
    with pytest.raises(ConnectionLost):
        await command.run(story_of("late"), f"http://127.0.0.1:{closed_port()}")
    assert command.progress.stage is Stage.UNSENT
    before = len(studio.posts())
    await command.run(story_of("late"), studio.url)
    assert len(studio.posts()) == before + 1


async def test_a_job_that_the_disk_does_not_take_is_read_from_the_spool_by_the_same_command(
    command: Command, studio: RunningStudio
) -> None:
    claims = command.root / ".depicta/_meta/ledger/jobs"

    def break_disk(request: Request) -> None:
        if request.method == "POST":
            claims.parent.mkdir(parents=True, exist_ok=True)
            claims.write_text("a file in the place of the directory")

    before = len(studio.posts())
    doubt = pytest.raises(OutcomeUnknown, match=r"accepted this story, but .*Run the same command again")
    with meddling_proxy(studio.url, break_disk) as url, doubt:
        await command.run(story_of("unrecorded"), url)
    claims.unlink()
    record = await command.run(story_of("unrecorded"), studio.url)
    assert [post["job_id"] for post in studio.posts()[before:]] == [record.job_id]


async def test_a_directory_is_free_again_when_its_story_was_refused_uncharged(
    command: Command, studio: RunningStudio
) -> None:
    with pytest.raises(ApiRefusal):
        await command.run(story_of("bad [[reject]]"), studio.url)
    before = len(studio.posts())
    with pytest.raises(ApiRefusal, match="nothing was sent"):
        await command.run(story_of("bad [[reject]]"), studio.url)
    assert len(studio.posts()) == before
    assert (await command.run(story_of("good"), studio.url)).title == "good"


async def test_one_command_at_a_time_works_in_a_directory(command: Command, studio: RunningStudio) -> None:
    before = len(studio.posts())
    async with open_folder(command.root, CLOCK):
        with pytest.raises(TargetUnusable, match="another command uses"):
            await command.run(story_of("second"), studio.url)
    assert len(studio.posts()) == before


async def test_a_directory_that_cannot_be_written_is_told_before_anything_is_sent(
    command: Command, studio: RunningStudio
) -> None:
    command.root.write_text("a file")
    before = len(studio.posts())
    with pytest.raises(TargetUnusable, match="out"):
        await command.run(story_of("nowhere"), studio.url)
    assert len(studio.posts()) == before


async def test_a_job_is_fetched_into_the_directory_that_began_it_and_into_no_other_storys(
    command: Command, studio: RunningStudio, tmp_path: Path
) -> None:
    mine = await command.run(story_of("mine"), studio.url)
    elsewhere = Command(tmp_path / "elsewhere")
    fetched = await elsewhere.fetch(mine.job_id, studio.url)
    assert (fetched.job_id, fetched.story_id, fetched.title) == (mine.job_id, None, "mine")
    assert (elsewhere.root / "scene-01.png").read_bytes() == (command.root / "scene-01.png").read_bytes()
    (command.root / "scene-01.png").unlink()
    assert await command.fetch(mine.job_id, studio.url) == mine
    other = await Command(tmp_path / "other").run(story_of("other"), studio.url)
    for folder in (command, elsewhere):
        with pytest.raises(TargetUnusable, match="holds another story"):
            await folder.fetch(other.job_id, studio.url)
