import asyncio
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from stories.clock import SystemClock
from stories.dataset.layout import commit_key
from stories.dataset.log.commits import CommitLog
from stories.dataset.model import SavedStory, StoryStatus
from stories.dataset.schema import Table
from stories.errors import TargetUnusable
from stories.storage.store import Store
from tests.doubles import saved_stories as saved
from tests.doubles.commit_logs import NewLog
from tests.doubles.manifest_views import WatchedStore, column_of, story_ids

BATCH = [saved.completed(1), saved.partial(2), saved.failed(3), saved.dead_letter(4)]


@dataclass
class SetClock(SystemClock):
    """Says the time that a test sets."""

    instant: datetime = saved.NOON

    def now(self) -> datetime:
        return self.instant


async def commit(log: CommitLog, stories: list[SavedStory], batch_id: str) -> list[str]:
    """The ids that this call committed."""
    made = await log.commit(stories, batch_id=batch_id, lineage=saved.LINEAGE)
    return [] if made is None else [story_id for ids in made.story_ids.values() for story_id in ids]


async def keys(store: Store, prefix: str = "") -> list[str]:
    return [stored.key async for stored in store.list(prefix)]


async def test_a_new_target_has_no_commits(store: Store, new_log: NewLog) -> None:
    assert await new_log(store).commits() == ()
    assert await new_log(store).committed() == {}


async def test_a_commit_makes_two_parts_and_one_record_and_leaves_nothing_else(
    store: Store, new_log: NewLog, root: Path
) -> None:
    made = await new_log(store).commit(BATCH, batch_id="b-1", lineage=saved.LINEAGE)
    assert made is not None
    assert await keys(store) == [
        "_meta/commits/000000000001.json",
        "manifest/images/dt=2026-03-04/part-b-1.parquet",
        "manifest/stories/dt=2026-03-04/part-b-1.parquet",
    ]
    for table in Table:
        part = made.parts[table]
        content = (root / part.key).read_bytes()
        assert (part.size_bytes, part.sha256) == (len(content), sha256(content).hexdigest())
        assert part.rows == len(column_of(root, table, "story_id"))


async def test_another_process_reads_what_was_committed(store: Store, new_log: NewLog) -> None:
    made = await new_log(store).commit(BATCH, batch_id="b-1", lineage=saved.LINEAGE)
    other = new_log(store)
    assert await other.commits() == (made,)
    assert await other.committed() == {story.story.story_id: story.status for story in BATCH}
    assert made is not None
    assert (made.images, made.cost_eur, made.run_id) == (6, Decimal("0.60"), "r-0304")
    assert made.image_bytes == sum(image.facts.size_bytes for one in BATCH for image in one.images if image.facts)


async def test_a_log_sees_commits_that_others_make_after_it_has_read(store: Store, new_log: NewLog) -> None:
    log, other = new_log(store), new_log(store)
    await commit(log, [BATCH[0]], "b-1")
    assert len(await other.commits()) == 1
    await commit(log, [BATCH[1]], "b-2")
    assert len(await other.commits()) == 2
    await commit(other, [BATCH[2]], "b-3")
    assert [made.version for made in await log.commits()] == [1, 2, 3]


async def test_what_is_committed_already_is_left_out(store: Store, new_log: NewLog, root: Path) -> None:
    await commit(new_log(store), BATCH[:2], "b-1")
    assert await commit(new_log(store), BATCH, "b-2") == [story.story.story_id for story in BATCH[2:]]
    assert await new_log(store).commit(BATCH, batch_id="b-3", lineage=saved.LINEAGE) is None
    assert await new_log(store).commit([], batch_id="b-4", lineage=saved.LINEAGE) is None
    assert sorted(story_ids(root)) == sorted(story.story.story_id for story in BATCH)
    assert len(await keys(store, "manifest")) == 4


async def test_a_commit_that_is_repeated_changes_nothing(store: Store, new_log: NewLog) -> None:
    await commit(new_log(store), BATCH, "b-1")
    watched = WatchedStore(store, Path(store.url))
    assert await commit(new_log(watched), BATCH, "b-1") == []
    await new_log(watched).recover()
    assert watched.changes == []


async def test_a_story_that_is_given_twice_is_committed_once(store: Store, new_log: NewLog, root: Path) -> None:
    await commit(new_log(store), [BATCH[0], BATCH[0]], "b-1")
    assert story_ids(root) == [BATCH[0].story.story_id]


async def test_a_batch_id_that_was_used_for_other_stories_is_refused(store: Store, new_log: NewLog) -> None:
    await commit(new_log(store), BATCH[:1], "b-1")
    with pytest.raises(ValueError, match="b-1 is committed already"):
        await commit(new_log(store), BATCH, "b-1")


async def test_only_final_states_exist() -> None:
    assert set(StoryStatus) == {"completed", "partial", "failed", "dead_letter"}


async def test_four_writers_at_once_commit_every_story_once_and_no_reader_sees_two(
    store: Store, new_log: NewLog, root: Path
) -> None:
    stories = [saved.failed(number) for number in range(12)]
    watched = WatchedStore(store, root)

    async def write(writer: int) -> list[str]:
        log = new_log(watched)
        shuffled = Random(writer).sample(stories, len(stories))  # noqa: S311 - no secret
        return [
            story_id
            for start in range(0, 12, 3)
            for story_id in await commit(log, shuffled[start : start + 3], f"w{writer}-{start}")
        ]

    made = [story_id for ids in await asyncio.gather(*map(write, range(4))) for story_id in ids]
    everything = sorted(story.story.story_id for story in stories)
    assert watched.faults == []
    assert sorted(made) == sorted(story_ids(root)) == everything
    commits = await new_log(store).commits()
    assert [one.version for one in commits] == list(range(1, len(commits) + 1))
    assert await keys(store, "_meta/staging") == []
    assert any("delete _meta/staging" in change for change in watched.changes)


async def test_writers_in_different_places_of_one_process_may_share_a_log(
    store: Store, new_log: NewLog, root: Path
) -> None:
    log = new_log(store)
    made = await asyncio.gather(*(commit(log, [saved.failed(number)], f"b-{number}") for number in range(6)))
    assert sorted(story_id for ids in made for story_id in ids) == sorted(story_ids(root))
    assert len(await log.commits()) == 6


async def test_many_commits_are_read_whole(store: Store, new_log: NewLog) -> None:
    log = new_log(store)
    for number in range(20):
        await commit(log, [saved.dead_letter(number)], f"b-{number}")
    assert await new_log(store).commits() == await log.commits()
    assert len(await new_log(store).committed()) == 20


@pytest.mark.parametrize("content", [b"", b"{}", b'{"version": 1'])
async def test_a_damaged_record_stops_everything(store: Store, new_log: NewLog, content: bytes) -> None:
    await commit(new_log(store), BATCH[:1], "b-1")
    await store.publish(commit_key(1), content)
    with pytest.raises(TargetUnusable, match=r"000000000001\.json is damaged"):
        await new_log(store).committed()


async def test_a_missing_record_stops_everything(store: Store, new_log: NewLog) -> None:
    log = new_log(store)
    for number in range(3):
        await commit(log, [saved.dead_letter(number)], f"b-{number}")
    await store.delete(commit_key(2))
    with pytest.raises(TargetUnusable, match=r"000000000002\.json is missing"):
        await new_log(store).committed()


async def test_a_record_of_a_later_program_with_more_fields_is_read(store: Store, new_log: NewLog) -> None:
    await commit(new_log(store), BATCH[:1], "b-1")
    record = json.loads(await store.read(commit_key(1)) or b"")
    await store.publish(commit_key(1), json.dumps({**record, "later": 1}).encode())
    assert len(await new_log(store).committed()) == 1


async def test_a_foreign_file_at_the_key_of_a_part_is_never_replaced(store: Store, new_log: NewLog) -> None:
    key = "manifest/images/dt=2026-03-04/part-b-1.parquet"
    await store.create(key, b"somebody else's")
    with pytest.raises(TargetUnusable, match=r"part-b-1\.parquet is there already"):
        await commit(new_log(store), BATCH, "b-1")
    assert await store.read(key) == b"somebody else's"


async def test_staged_parts_without_a_record_go_after_an_hour_and_not_before(store: Store) -> None:
    clock = SetClock()
    log = CommitLog(store, clock, lambda: "nonce")
    abandoned = "_meta/staging/20260304T120000Z_b-1_nonce0.parts"
    await store.create(abandoned, b"parts")
    await store.create("_meta/staging/README", b"not ours")
    clock.instant = saved.NOON + timedelta(minutes=59)
    await log.recover()
    assert await store.read(abandoned) == b"parts"
    clock.instant = saved.NOON + timedelta(minutes=61)
    await log.recover()
    assert await keys(store) == ["_meta/staging/README"]


async def test_staged_parts_that_are_damaged_are_not_shown(store: Store, new_log: NewLog) -> None:
    made = await new_log(store).commit(BATCH, batch_id="b-1", lineage=saved.LINEAGE)
    assert made is not None
    await store.create(made.staged, b"something else")
    with pytest.raises(TargetUnusable, match="differs from commit 1"):
        await new_log(store).recover()


async def test_a_run_past_midnight_stays_in_the_partition_of_its_date(store: Store, new_log: NewLog) -> None:
    lineage = replace(saved.LINEAGE, run_date=saved.LINEAGE.run_date - timedelta(days=1))
    made = await new_log(store).commit(BATCH, batch_id="b-1", lineage=lineage)
    assert made is not None
    assert "/dt=2026-03-03/" in made.parts[Table.IMAGES].key
