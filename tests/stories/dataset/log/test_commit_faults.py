"""A commit that dies, loses replies, or is finished by somebody else."""

import asyncio
from pathlib import Path

import pytest

from stories.dataset.model import SavedStory
from stories.errors import StorageUnavailable
from stories.storage.store import Store
from tests.doubles import saved_stories as saved
from tests.doubles.commit_logs import NewLog
from tests.doubles.manifest_views import Killed, WatchedStore, story_ids

CHANGES_OF_A_COMMIT = 5  # staged, record, two parts, staged removed
STORIES: list[SavedStory] = [saved.failed(1), saved.failed(2)]
IDS = sorted(story.story.story_id for story in STORIES)
every_step = pytest.mark.parametrize(
    ("die_at", "lands"), [(step, lands) for step in range(1, CHANGES_OF_A_COMMIT + 1) for lands in (False, True)]
)


async def committed_by(store: Store, new_log: NewLog, stories: list[SavedStory], batch_id: str) -> None:
    await new_log(store).commit(stories, batch_id=batch_id, lineage=saved.LINEAGE)


async def test_a_commit_takes_five_changes(store: Store, new_log: NewLog, root: Path) -> None:
    watched = WatchedStore(store, root)
    await committed_by(watched, new_log, STORIES, "b-1")
    assert [change.split("/")[:2] for change in watched.changes] == [
        ["create _meta", "staging"],
        ["create _meta", "commits"],
        ["create manifest", "images"],
        ["create manifest", "stories"],
        ["delete _meta", "staging"],
    ]


@every_step
async def test_after_a_death_at_any_step_the_next_run_has_every_story_once(
    store: Store, new_log: NewLog, root: Path, die_at: int, lands: bool
) -> None:
    dying = WatchedStore(store, root, die_at=die_at, lands=lands)
    with pytest.raises(Killed):
        await committed_by(dying, new_log, STORIES, "b-1")
    assert sorted(story_ids(root)) in ([], IDS)
    next_run = WatchedStore(store, root)
    known = await new_log(next_run).committed()
    left = [story for story in STORIES if story.story.story_id not in known]
    await committed_by(next_run, new_log, [*left, saved.failed(3)], "b-2")
    assert dying.faults + next_run.faults == []
    assert sorted(story_ids(root)) == sorted([*IDS, saved.story(3).story_id])
    staged = [stored.key async for stored in store.list("_meta/staging")]
    assert len(staged) == (1 if (die_at, lands) in {(1, True), (2, False)} else 0)


@every_step
async def test_a_death_is_healed_without_committing_anything(
    store: Store, new_log: NewLog, root: Path, die_at: int, lands: bool
) -> None:
    dying = WatchedStore(store, root, die_at=die_at, lands=lands)
    with pytest.raises(Killed):
        await committed_by(dying, new_log, STORIES, "b-1")
    healing = WatchedStore(store, root)
    log = new_log(healing)
    await log.recover()
    assert sorted(story_ids(root)) == sorted(await log.committed())
    assert healing.faults == []
    done = len(healing.changes)
    await log.recover()
    assert len(healing.changes) == done


@every_step
async def test_a_death_while_healing_is_healed_too(
    store: Store, new_log: NewLog, root: Path, die_at: int, lands: bool
) -> None:
    with pytest.raises(Killed):
        await committed_by(WatchedStore(store, root, die_at=2), new_log, STORIES, "b-1")
    healing = WatchedStore(store, root, die_at=die_at, lands=lands)
    if die_at <= 3:  # two parts, staged removed
        with pytest.raises(Killed):
            await new_log(healing).recover()
    await new_log(store).recover()
    assert sorted(story_ids(root)) == IDS
    assert healing.faults == []


@every_step
async def test_a_lost_reply_is_settled_by_doing_it_again(
    store: Store, new_log: NewLog, root: Path, die_at: int, lands: bool
) -> None:
    losing = WatchedStore(store, root, die_at=die_at, lands=lands, death=StorageUnavailable)
    log = new_log(losing)
    with pytest.raises(StorageUnavailable):
        await log.commit(STORIES, batch_id="b-1", lineage=saved.LINEAGE)
    await log.commit(STORIES, batch_id="b-1", lineage=saved.LINEAGE)
    assert losing.faults == []
    assert sorted(story_ids(root)) == sorted(await log.committed()) == IDS


async def test_a_process_may_finish_what_a_live_one_is_at(store: Store, new_log: NewLog, root: Path) -> None:
    """Both show the same commit at once, in every order that the loop happens to take."""
    for number in range(4):
        watched = WatchedStore(store, root)
        story = saved.failed(number)
        meddling = (new_log(watched).recover() for _ in range(3))
        await asyncio.gather(committed_by(watched, new_log, [story], f"b-{number}"), *meddling)
        assert watched.faults == []
        assert story_ids(root).count(story.story.story_id) == 1


async def test_the_parts_of_a_live_writer_that_sleeps_are_neither_lost_nor_doubled(
    store: Store, new_log: NewLog, root: Path
) -> None:
    """A writer stops after staging; another commits the same stories; the first wakes up and finds them taken."""
    await store.create("_meta/staging/20200101T000000Z_b-0_x.parts", b"abandoned years ago")
    awake = asyncio.Event()
    staged = asyncio.Event()

    class Sleeping(WatchedStore):
        async def create(self, key: str, content: bytes) -> bool:
            if key.startswith("_meta/commits"):
                staged.set()
                await awake.wait()
            return await super().create(key, content)

    sleeper = Sleeping(store, root)
    sleeping = asyncio.create_task(committed_by(sleeper, new_log, STORIES, "b-1"))
    await staged.wait()
    watched = WatchedStore(store, root)
    await committed_by(watched, new_log, STORIES[:1], "b-2")
    awake.set()
    await sleeping
    assert sleeper.faults + watched.faults == []
    assert sorted(story_ids(root)) == IDS
    assert [stored.key async for stored in store.list("_meta/staging")] == []
