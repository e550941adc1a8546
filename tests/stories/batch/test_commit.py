import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from itertools import count

import pyarrow.parquet as pq
import pytest

from stories.api.wire import ImageFormat, StoryResult
from stories.batch.commit import CommitQueue
from stories.batch.progress import ShardProgress
from stories.dataset.images.thumbnails import Thumbnails
from stories.dataset.layout import sidecar_key
from stories.dataset.log.commits import CommitLog
from stories.dataset.model import CostSource, SavedImage, StoryStatus, from_sidecar
from stories.dataset.quality.checks import QualityChecks
from stories.dataset.run_record import StoryOutcome
from stories.errors import StorageUnavailable
from stories.jobs.poller import Completion
from stories.ledger.entry import LedgerEntry
from stories.ledger.states import SubmitState
from stories.storage.fsspec_store import FsspecStore
from stories.storage.store import Store
from stories.storyboards.story import Story
from tests.doubles import saved_stories as saved
from tests.doubles.hand_clock import HandClock
from tests.doubles.ledger_processes import WatchedStore

PNG, JPEG, WEBP = ImageFormat
PRICE_EUR = Decimal("0.50")

NewFinished = Callable[..., CommitQueue]


@pytest.fixture
def progress() -> ShardProgress:
    return ShardProgress({})


@pytest.fixture
def new_finished(target: FsspecStore, clock: HandClock, progress: ShardProgress) -> NewFinished:
    """As a run of its own would open it: it knows nothing that is not on the target."""
    numbers = count(1)

    def finished(
        *, formats: tuple[ImageFormat, ...] = (PNG,), references: bool = True, store: Store = target
    ) -> CommitQueue:
        commits = CommitLog(store, clock, lambda: f"nonce{next(numbers)}")
        lineage = replace(saved.LINEAGE, run_id=f"run-{next(numbers)}")
        return CommitQueue(
            store,
            commits,
            lineage,
            formats=formats,
            references=references,
            progress=progress,
            thumbnails=Thumbnails(),
            checks=QualityChecks(),
        )

    return finished


def an_entry(story: Story, job_id: str | None = "job-1", state: SubmitState = SubmitState.ACCEPTED) -> LedgerEntry:
    return LedgerEntry(
        story_id=story.story_id,
        state=state,
        attempt=1,
        next_attempt=None,
        failures=0,
        job_id=job_id,
        reason="refused",
        message="the field scenes is odd",
        since=saved.NOON,
        price_max_eur=PRICE_EUR,
    )


def a_completion(cost_eur: str | None = "0.30") -> Completion:
    result = StoryResult.model_validate({"title": "As served", "cost_eur": cost_eur})
    document = {"image_url": "https://images.example/a.png?sig=SECRET"}
    return Completion(result, document, saved.NOON, generate_seconds=12.0, poll_count=3)


async def add(
    finished: CommitQueue, store: Store, number: int = 1, *images: SavedImage, cost_eur: str | None = "0.30"
) -> Story:
    """Add the story of this number as completed, with all of its images on the target unless some are named."""
    whole = saved.completed(number)
    await saved.store_images(store, whole)
    kept = images or whole.images
    await finished.add_completed(whole.story, an_entry(whole.story), a_completion(cost_eur), kept, download_seconds=1.5)
    return whole.story


async def sidecar(store: Store, story: Story) -> bytes:
    content = await store.read(sidecar_key(story.story_id))
    assert content is not None
    return content


async def test_a_story_is_durable_from_its_sidecar_on_and_counted_once_it_is_committed(
    new_finished: NewFinished, target: FsspecStore, progress: ShardProgress
) -> None:
    finished = new_finished()
    story = await add(finished, target)
    kept = from_sidecar(await sidecar(target, story))
    assert (kept.status, kept.title, kept.cost_eur, kept.cost_source) == (
        StoryStatus.COMPLETED,
        "As served",
        Decimal("0.30"),
        CostSource.API,
    )
    assert (kept.generate_seconds, kept.download_seconds, kept.poll_count) == (12.0, 1.5, 3)
    assert b"SECRET" not in await sidecar(target, story)
    assert (progress.images, progress.cost_eur, progress.outcomes) == (5, Decimal("0.30"), {})
    assert await finished.commit() == 1
    assert progress.outcomes == {story.story_id: StoryOutcome.COMPLETED}
    assert await finished.commit() == 0


async def test_without_a_word_on_the_cost_the_price_is_recorded_as_quoted(
    new_finished: NewFinished, target: FsspecStore
) -> None:
    story = await add(new_finished(), target, cost_eur=None)
    kept = from_sidecar(await sidecar(target, story))
    assert (kept.cost_eur, kept.cost_source) == (PRICE_EUR, CostSource.QUOTED)


async def test_a_story_that_lacks_an_image_is_partial_and_says_what(
    new_finished: NewFinished, target: FsspecStore, progress: ShardProgress
) -> None:
    finished, of = new_finished(), saved.story(1)
    await add(finished, target, 1, saved.saved_scene(of, 0, PNG), saved.missing_scene(of, 1, PNG))
    await finished.commit()
    trouble = progress.troubles[of.story_id]
    assert (trouble.outcome, trouble.reason) == (StoryOutcome.PARTIAL, "not_served")
    assert trouble.message == "1 of 2 images are missing: the job has no such scene"
    assert from_sidecar(await sidecar(target, of)).error_message == trouble.message


async def test_a_story_without_any_image_has_failed_and_its_cost_counts(
    new_finished: NewFinished, target: FsspecStore, progress: ShardProgress
) -> None:
    finished, of = new_finished(), saved.story(1)
    await add(finished, target, 1, saved.missing_scene(of, 0, PNG), saved.missing_scene(of, 1, PNG))
    await finished.commit()
    assert progress.outcomes == {of.story_id: StoryOutcome.FAILED}
    assert progress.cost_eur == Decimal("0.30")


async def test_more_scenes_than_asked_are_kept_and_make_the_story_partial(
    new_finished: NewFinished, target: FsspecStore, progress: ShardProgress
) -> None:
    finished, of = new_finished(), saved.story(1)
    encore = replace(saved.saved_scene(of, 1, PNG), ordinal=2, key=f"images/{of.story_id}/scene-03.png")
    await add(finished, target, 1, saved.saved_scene(of, 0, PNG), saved.saved_scene(of, 1, PNG), encore)
    await finished.commit()
    assert progress.troubles[of.story_id].reason == "more_scenes"
    assert progress.images == 3


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(StoryStatus.DEAD_LETTER, StoryOutcome.REJECTED), (StoryStatus.FAILED, StoryOutcome.FAILED)],
)
async def test_a_story_that_was_not_charged_has_a_row_that_says_why(
    new_finished: NewFinished, target: FsspecStore, progress: ShardProgress, status: StoryStatus, outcome: StoryOutcome
) -> None:
    finished, of = new_finished(), saved.story(1)
    await finished.add_uncharged(of, an_entry(of, job_id=None), status)
    assert await finished.commit() == 1
    trouble = progress.troubles[of.story_id]
    assert (trouble.outcome, trouble.reason, trouble.message) == (outcome, "refused", "the field scenes is odd")
    assert (progress.cost_eur, progress.images) == (0, 0)
    assert from_sidecar(await target.read(sidecar_key(of.story_id)) or b"").status is status
    (part,) = [await target.read(stored.key) async for stored in target.list("manifest/images")]
    rows = pq.read_table(BytesIO(part or b""), columns=["role", "scene_index", "status", "error_code"]).to_pylist()
    missing = {"role": "scene", "status": "missing", "error_code": "refused"}
    assert rows == [{**missing, "scene_index": index} for index in range(len(of.storyboard.scenes))]


async def test_the_next_run_commits_a_story_as_it_lies_there(
    new_finished: NewFinished, target: FsspecStore, progress: ShardProgress
) -> None:
    story = await add(new_finished(), target)
    finished = new_finished()
    assert await finished.resume(story, an_entry(story))
    assert await finished.commit() == 1
    assert progress.outcomes == {story.story_id: StoryOutcome.COMPLETED}


@pytest.mark.parametrize("harm", ["image gone", "image short", "no sidecar", "sidecar cut", "another story's sidecar"])
async def test_what_is_not_whole_is_not_taken_up(new_finished: NewFinished, target: FsspecStore, harm: str) -> None:
    story = await add(new_finished(), target)
    scene = f"images/{story.story_id}/scene-02.png"
    match harm:
        case "image gone":
            await target.delete(scene)
        case "image short":
            await target.publish(scene, b"short")
        case "no sidecar":
            await target.delete(sidecar_key(story.story_id))
        case "sidecar cut":
            await target.publish(sidecar_key(story.story_id), (await sidecar(target, story))[:-100])
        case _:
            other = await add(new_finished(), target, 2)
            await target.publish(sidecar_key(story.story_id), await sidecar(target, other))
    assert not await new_finished().resume(story, an_entry(story))


async def test_what_belongs_to_another_job_is_not_taken_up(new_finished: NewFinished, target: FsspecStore) -> None:
    story = await add(new_finished(), target)
    assert not await new_finished().resume(story, an_entry(story, job_id="job-2"))


@pytest.mark.parametrize(
    ("formats", "references", "is_taken_up"),
    [((PNG,), True, True), ((PNG,), False, True), ((PNG, WEBP), True, False), ((JPEG,), True, False)],
)
async def test_a_story_is_taken_up_only_by_a_run_that_asks_for_the_same_images(
    new_finished: NewFinished,
    target: FsspecStore,
    formats: tuple[ImageFormat, ...],
    references: bool,
    is_taken_up: bool,
) -> None:
    story = await add(new_finished(), target)
    finished = new_finished(formats=formats, references=references)
    assert await finished.resume(story, an_entry(story)) is is_taken_up


@pytest.mark.parametrize("has_cast", [True, False])
async def test_a_story_without_references_is_taken_up_when_it_can_have_none(
    new_finished: NewFinished, target: FsspecStore, has_cast: bool
) -> None:
    board = {"scenes": saved.storyboard(1)["scenes"], **({"characters": [{"name": "Mira"}]} if has_cast else {})}
    of = saved.identify(board, sample=0, source_uris=["a.json"])
    scenes = (saved.saved_scene(of, 0, PNG), saved.saved_scene(of, 1, PNG))
    for scene in scenes:
        await target.publish(scene.key or "", saved.picture_of(scene.ordinal, PNG))
    await new_finished().add_completed(of, an_entry(of), a_completion(), scenes, download_seconds=0)
    assert await new_finished().resume(of, an_entry(of)) is not has_cast


async def test_a_commit_that_failed_loses_nothing(
    new_finished: NewFinished, target: FsspecStore, progress: ShardProgress
) -> None:
    store = WatchedStore(target)
    finished = new_finished(store=store)
    first = await add(finished, store, 1)
    store.trouble = lambda key: StorageUnavailable("away") if key.startswith("_meta/commits") else None
    with pytest.raises(StorageUnavailable):
        await finished.commit()
    assert progress.outcomes == {}
    store.trouble = lambda key: None
    second = await add(finished, store, 2)
    assert await finished.commit() == 2
    assert progress.outcomes == dict.fromkeys((first.story_id, second.story_id), StoryOutcome.COMPLETED)


async def test_a_story_that_comes_while_others_are_committed_waits_for_the_next_commit(
    new_finished: NewFinished, target: FsspecStore, progress: ShardProgress
) -> None:
    finished, late = new_finished(), saved.story(2)
    await add(finished, target, 1)
    committing = asyncio.create_task(finished.commit())
    await asyncio.sleep(0)
    await finished.add_uncharged(late, an_entry(late), StoryStatus.DEAD_LETTER)
    assert await committing == 1
    assert late.story_id not in progress.outcomes
    assert await finished.commit() == 1


async def test_a_commit_whose_reply_was_lost_is_not_made_twice(
    new_finished: NewFinished, target: FsspecStore, progress: ShardProgress
) -> None:
    store = WatchedStore(target)
    finished = new_finished(store=store)
    await add(finished, store, 1)
    store.lost = lambda key: key.startswith("_meta/commits")
    with pytest.raises(StorageUnavailable):
        await finished.commit()
    store.lost = lambda key: False
    await add(finished, store, 2)
    assert await finished.commit() == 2
    commits = [json.loads(await target.read(found.key) or b"") async for found in target.list("_meta/commits")]
    assert [len(commit["story_ids"]["completed"]) for commit in commits] == [1, 1]


async def test_a_commit_is_due_when_enough_stories_wait(new_finished: NewFinished, target: FsspecStore) -> None:
    finished = new_finished()
    due = asyncio.create_task(finished.due(every_stories=2, every_seconds=3600))
    await add(finished, target, 1)
    assert not due.done()
    await add(finished, target, 2)
    assert await due is True


async def test_a_commit_is_due_when_a_story_has_waited(new_finished: NewFinished, target: FsspecStore) -> None:
    finished = new_finished()
    await add(finished, target, 1)
    assert await finished.due(every_stories=100, every_seconds=0.001) is True


async def test_when_no_more_will_come_what_waits_is_due_and_then_nothing_is(
    new_finished: NewFinished, target: FsspecStore
) -> None:
    finished = new_finished()
    due = asyncio.create_task(finished.due(every_stories=100, every_seconds=3600))
    await add(finished, target, 1)
    finished.no_more()
    assert await due is True
    await finished.commit()
    assert await finished.due(every_stories=100, every_seconds=3600) is False


async def test_nothing_is_due_when_nothing_came(new_finished: NewFinished) -> None:
    finished = new_finished()
    due = asyncio.create_task(finished.due(every_stories=1, every_seconds=0.001))
    await asyncio.sleep(0.005)
    assert not due.done()
    finished.no_more()
    assert await due is False
