"""Parts built again by their rows: under their keys when the bytes are those of the log, else in place of the old."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stories.clock import SystemClock
from stories.dataset.audit.dataset import audit_dataset
from stories.dataset.audit.rebuild import RestoreResult, restore_part
from stories.dataset.layout import sidecar_key
from stories.dataset.log.compaction import compact
from stories.dataset.log.exchange import finish_replacements
from stories.dataset.manifest import read_manifest
from stories.dataset.marker import DatasetIdentity, claim_target
from stories.dataset.model import SavedStory, from_sidecar, to_sidecar
from stories.dataset.publication import publish
from stories.dataset.schema import SCHEMAS, SORT_ORDERS, Table
from stories.storage.store import Store
from tests.doubles import saved_stories as saved
from tests.doubles.commit_logs import NewLog
from tests.doubles.manifest_views import Killed, WatchedStore, story_ids
from tests.doubles.other_pyarrow import rewrite_parts

BATCHES = [[saved.completed(1), saved.partial(2)], [saved.failed(3), saved.dead_letter(4)]]
IDS = sorted(story.story.story_id for batch in BATCHES for story in batch)
IDENTITY = DatasetIdentity(saved.LINEAGE.dataset_id, saved.NOON, 1, "0.1.0")
NONCES = count(1)
CHANGES = 12  # aside, staged, record, 2 barriers, 2 sources removed, 2 parts, 2 barriers removed, staged removed

Tables = dict[Table, pa.Table]


def key_of(table: Table, batch: int = 0) -> str:
    return f"manifest/{table}/dt=2026-03-04/part-b-{batch}.parquet"


@pytest.fixture
async def dataset(store: Store, new_log: NewLog) -> Store:
    """Two commits of one run, published."""
    await claim_target(store, clock=SystemClock(), new_dataset_id=lambda: IDENTITY.dataset_id, tool_version="0.1.0")
    for number, batch in enumerate(BATCHES):
        await commit(store, new_log, batch, number)
    await publish(store, new_log(store), IDENTITY)
    return store


async def commit(store: Store, new_log: NewLog, batch: list[SavedStory], number: int) -> None:
    for story in batch:
        await saved.store_images(store, story)
        await store.publish(sidecar_key(story.story.story_id), to_sidecar(story))
    await new_log(store).commit(batch, batch_id=f"b-{number}", lineage=saved.LINEAGE)


def rename_all(root: Path, name: str, other_name: str) -> None:
    for path in list(root.rglob(name)):
        path.rename(path.with_name(other_name))


async def restored(store: Store, new_log: NewLog, key: str) -> RestoreResult | None:
    return await restore_part(store, new_log(store), key, now=SystemClock().now(), nonce=f"n{next(NONCES)}")


async def compacted(store: Store, new_log: NewLog) -> dict[Table, str]:
    """The keys of the one pair that is left."""
    await compact(store, new_log(store), SystemClock(), lambda: f"m{next(NONCES)}")
    (pair,) = await new_log(store).live_pairs()
    return {table: part.key for table, part in pair.items()}


async def rows_of(store: Store, new_log: NewLog) -> Tables:
    manifest = await read_manifest(store, new_log(store), story_columns=SCHEMAS[Table.STORIES].names)
    assert manifest is not None
    tables = {Table.IMAGES: manifest.images, Table.STORIES: manifest.stories}
    return {table: rows.sort_by(SORT_ORDERS[table]) for table, rows in tables.items()}


async def findings(store: Store, new_log: NewLog) -> list[tuple[str, str, str]]:
    audit = await audit_dataset(store, new_log(store))
    return [(it.kind, it.key, it.message) for it in audit.findings]


async def edit_sidecar(store: Store, story: SavedStory, **changes: object) -> None:
    key = sidecar_key(story.story.story_id)
    edited = replace(from_sidecar(await store.read(key) or b""), **changes)  # type: ignore[arg-type]
    await store.publish(key, to_sidecar(edited))


@pytest.mark.parametrize("lost", [[Table.IMAGES], [Table.STORIES], list(Table)], ids=str)
async def test_with_the_pyarrow_that_wrote_it_a_part_is_put_back_with_its_recorded_bytes(
    dataset: Store, new_log: NewLog, root: Path, lost: list[Table]
) -> None:
    before = {table: (root / key_of(table)).read_bytes() for table in lost}
    for table in lost:
        await dataset.delete(key_of(table))
    assert await restored(dataset, new_log, key_of(lost[0])) is RestoreResult.AS_RECORDED
    assert {table: (root / key_of(table)).read_bytes() for table in lost} == before
    assert await findings(dataset, new_log) == []


@pytest.mark.parametrize("damage", [None, b"not at all"], ids=["missing", "damaged"])
@pytest.mark.parametrize("lost", [[Table.IMAGES], [Table.STORIES], list(Table)], ids=str)
async def test_a_part_of_another_pyarrow_is_replaced_by_one_with_the_same_rows(
    dataset: Store, new_log: NewLog, root: Path, lost: list[Table], damage: bytes | None
) -> None:
    rewrite_parts(root)
    before = await rows_of(dataset, new_log)
    for table in lost:
        await (dataset.delete(key_of(table)) if damage is None else dataset.publish(key_of(table), damage))
    assert await restored(dataset, new_log, key_of(lost[0])) is RestoreResult.REPLACED
    assert await findings(dataset, new_log) == []
    assert await rows_of(dataset, new_log) == before
    assert sorted(story_ids(root)) == IDS
    (live,) = [pair for pair in await new_log(dataset).live_pairs() if "part-rebuilt-" in pair[Table.IMAGES].key]
    assert "part-rebuilt-" in live[Table.STORIES].key
    assert not any((root / key_of(table)).exists() for table in Table)
    assert await restored(dataset, new_log, key_of(lost[0])) is RestoreResult.REPLACED, "it is replaced already"


async def test_an_intact_part_keeps_its_bytes_and_the_old_ones_are_kept_aside(
    dataset: Store, new_log: NewLog, root: Path
) -> None:
    rewrite_parts(root)
    intact = (root / key_of(Table.IMAGES)).read_bytes()
    await dataset.publish(key_of(Table.STORIES), b"not at all")
    await restored(dataset, new_log, key_of(Table.STORIES))
    (copied,) = (root / "manifest/images").rglob("part-rebuilt-*.parquet")
    (aside,) = (root / "_meta/retired").iterdir()
    assert copied.read_bytes() == intact
    assert aside.read_bytes() == intact + b"not at all"


async def test_what_was_rebuilt_is_merged_later_like_any_other_part(
    dataset: Store, new_log: NewLog, root: Path
) -> None:
    rewrite_parts(root)
    before = await rows_of(dataset, new_log)
    await dataset.delete(key_of(Table.IMAGES))
    await restored(dataset, new_log, key_of(Table.IMAGES))
    await compacted(dataset, new_log)
    assert await rows_of(dataset, new_log) == before
    assert await findings(dataset, new_log) == []


@pytest.mark.parametrize("from_sidecars", [False, True], ids=["from its sources", "from sidecars"])
@pytest.mark.parametrize("other_pyarrow", [False, True], ids=["this pyarrow", "another pyarrow"])
@pytest.mark.parametrize("table", Table)
async def test_a_merged_part_is_rebuilt_from_its_sources_or_else_from_all_of_its_sidecars(
    dataset: Store, new_log: NewLog, root: Path, table: Table, other_pyarrow: bool, from_sidecars: bool
) -> None:
    merged = await compacted(dataset, new_log)
    await commit(dataset, new_log, [saved.failed(9)], 9)  # of the same run: the flow run of a story is in its row alone
    if other_pyarrow:
        rewrite_parts(root)
    before = await rows_of(dataset, new_log)
    (retired,) = (root / "_meta/retired").iterdir()
    if from_sidecars:
        retired.unlink()
    else:
        rename_all(root, "story.json", "story.away")
    await dataset.delete(merged[table])
    expected = RestoreResult.REPLACED if other_pyarrow else RestoreResult.AS_RECORDED
    assert await restored(dataset, new_log, merged[table]) is expected
    rename_all(root, "story.away", "story.json")
    assert await rows_of(dataset, new_log) == before
    await publish(dataset, new_log(dataset), IDENTITY)
    assert await findings(dataset, new_log) == []


async def test_a_part_that_was_rebuilt_and_is_lost_again_is_rebuilt_again(
    dataset: Store, new_log: NewLog, root: Path
) -> None:
    rewrite_parts(root)
    before = await rows_of(dataset, new_log)
    await dataset.delete(key_of(Table.IMAGES))
    await restored(dataset, new_log, key_of(Table.IMAGES))
    (rebuilt,) = (root / "manifest/images").rglob("part-rebuilt-*.parquet")
    rebuilt.unlink()
    key = rebuilt.relative_to(root).as_posix()
    assert await restored(dataset, new_log, key) is RestoreResult.AS_RECORDED
    assert await rows_of(dataset, new_log) == before


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        (Table.STORIES, {"cost_eur": Decimal("0.29")}),
        (Table.STORIES, {"status": saved.StoryStatus.PARTIAL}),
        (Table.STORIES, {"job_id": "job-of-another"}),
        (Table.IMAGES, {"title": "Another title"}),
        (Table.IMAGES, {"images": ()}),
        (Table.IMAGES, {"images": saved.completed(1).images[:-1]}),
    ],
    ids=["cost", "status", "job, which images name", "title, which stories name", "no images", "an image less"],
)
async def test_sidecars_that_are_not_what_was_committed_rebuild_nothing(
    dataset: Store, new_log: NewLog, root: Path, table: Table, changes: dict[str, object]
) -> None:
    rewrite_parts(root)
    await edit_sidecar(dataset, BATCHES[0][0], **changes)
    await dataset.delete(key_of(table))
    watched = WatchedStore(dataset, root, quiet=True)
    assert await restored(watched, new_log, key_of(table)) is None
    assert watched.changes == []


async def test_without_a_sidecar_nothing_is_rebuilt(dataset: Store, new_log: NewLog) -> None:
    await dataset.delete(sidecar_key(BATCHES[0][0].story.story_id))
    await dataset.delete(key_of(Table.IMAGES))
    assert await restored(dataset, new_log, key_of(Table.IMAGES)) is None


async def test_a_key_that_the_log_never_named_is_not_restored(dataset: Store, new_log: NewLog) -> None:
    assert await restored(dataset, new_log, "manifest/images/dt=2026-03-04/part-x.parquet") is None


async def test_a_part_that_its_writer_was_about_to_show_is_shown_instead(
    dataset: Store, new_log: NewLog, root: Path
) -> None:
    late = WatchedStore(dataset, root, die_at=3, lands=False, quiet=True)  # staged, recorded, and then nothing
    with pytest.raises(Killed):
        await new_log(late).commit([saved.failed(9)], batch_id="b-9", lineage=saved.LINEAGE)
    assert await restored(dataset, new_log, key_of(Table.IMAGES, 9)) is RestoreResult.AS_RECORDED
    assert (root / key_of(Table.STORIES, 9)).exists()


async def test_two_repairs_at_once_replace_the_part_once(dataset: Store, new_log: NewLog, root: Path) -> None:
    rewrite_parts(root)
    before = await rows_of(dataset, new_log)
    await dataset.delete(key_of(Table.IMAGES))
    results = await asyncio.gather(*(restored(dataset, new_log, key_of(Table.IMAGES)) for _ in range(2)))
    assert results == [RestoreResult.REPLACED, RestoreResult.REPLACED]
    assert await rows_of(dataset, new_log) == before
    assert [key async for key in replacement_records(dataset)] == ["_meta/replacements/000000000001.json"]
    assert await findings(dataset, new_log) == []


async def replacement_records(store: Store) -> AsyncIterator[str]:
    async for stored in store.list("_meta/replacements"):
        if stored.key.endswith(".json"):
            yield stored.key


class ViewedStore(WatchedStore):
    """Notes after each change the ids of the stories by a glob, or None when the reader is refused."""

    seen: list[list[str] | None]

    async def _change(self, name, change):  # noqa: ANN001, ANN202 - as in the class above
        result = await super()._change(name, change)
        self.seen.append(view(self.root))
        return result


def view(root: Path) -> list[str] | None:
    try:
        return sorted(story_ids(root))
    except (pa.ArrowInvalid, OSError):
        return None


async def test_at_every_step_a_reader_sees_each_row_once_or_an_error(
    dataset: Store, new_log: NewLog, root: Path
) -> None:
    rewrite_parts(root)
    await dataset.publish(key_of(Table.IMAGES), b"not at all")
    watched = ViewedStore(dataset, root, quiet=True)
    watched.seen = []
    assert await restored(watched, new_log, key_of(Table.IMAGES)) is RestoreResult.REPLACED
    assert len(watched.changes) == CHANGES
    assert all(seen in (None, IDS) for seen in watched.seen)
    assert (None in watched.seen, view(root)) == (True, IDS)


@pytest.mark.parametrize("lands", [False, True])
@pytest.mark.parametrize("die_at", range(1, CHANGES + 1))
async def test_after_a_death_at_any_step_the_next_process_finishes_the_repair(
    dataset: Store, new_log: NewLog, root: Path, die_at: int, lands: bool
) -> None:
    rewrite_parts(root)
    before = await rows_of(dataset, new_log)
    await dataset.publish(key_of(Table.IMAGES), b"not at all")
    with pytest.raises(Killed):
        await restored(
            WatchedStore(dataset, root, die_at=die_at, lands=lands, quiet=True), new_log, key_of(Table.IMAGES)
        )
    assert view(root) in (None, IDS)
    assert await restored(dataset, new_log, key_of(Table.IMAGES)) is RestoreResult.REPLACED
    await finish_replacements(dataset)
    assert await rows_of(dataset, new_log) == before
    assert view(root) == IDS
    assert await findings(dataset, new_log) == []


def test_another_pyarrow_writes_the_same_rows_with_other_bytes(tmp_path: Path) -> None:
    """The stand-in of these tests does what it says."""
    part = tmp_path / "manifest/images/dt=2026-03-04/part-b-0.parquet"
    part.parent.mkdir(parents=True)
    pq.write_table(pa.table({"story_id": ["a", "b"] * 9}), part)
    before = part.read_bytes()
    rewrite_parts(tmp_path)
    assert part.read_bytes() != before
    assert pq.ParquetFile(part).read() == pq.ParquetFile(BytesIO(before)).read()
