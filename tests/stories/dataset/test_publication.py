import asyncio
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from stories.api.wire import ImageFormat
from stories.dataset.layout import commit_key
from stories.dataset.marker import DatasetIdentity
from stories.dataset.publication import publish
from stories.dataset.schema import SCHEMAS, Table
from stories.errors import TargetUnusable
from stories.storage.store import Store
from tests.doubles import saved_stories as saved
from tests.doubles.commit_logs import NewLog
from tests.doubles.manifest_views import Killed, WatchedStore

IDENTITY = DatasetIdentity(saved.LINEAGE.dataset_id, saved.NOON, 1, "0.1.0")
STORIES = [saved.completed(1, formats=tuple(ImageFormat)), saved.partial(2), saved.failed(3), saved.dead_letter(4)]


async def commit(store: Store, new_log: NewLog, *numbers: int) -> None:
    for number in numbers:
        story = STORIES[number]
        await saved.store_images(store, story)
        await new_log(store).commit([story], batch_id=f"b-{number}", lineage=saved.LINEAGE)


async def metadata_rows(store: Store) -> list[dict[str, object]]:
    return pq.read_table(BytesIO(await store.read("metadata.parquet") or b"")).to_pylist()


async def test_the_metadata_has_a_row_for_every_file_and_a_file_for_every_row(
    store: Store, new_log: NewLog, root: Path
) -> None:
    await commit(store, new_log, 0, 1, 2, 3)
    assert await publish(store, new_log(store), IDENTITY) == ("metadata.parquet", "README.md")
    names = [str(row["file_name"]) for row in await metadata_rows(store)]
    files = [str(path.relative_to(root)) for path in (root / "images").rglob("*.*")]
    assert sorted(names) == sorted(files)
    assert [row["image_id"] for row in await metadata_rows(store)] == sorted(
        (row["image_id"] for row in await metadata_rows(store)), key=lambda image_id: str(image_id).split("/")[0]
    )
    for row in await metadata_rows(store):
        with Image.open(root / str(row["file_name"])) as image:
            assert image.size == (row["width"], row["height"])
    assert pq.read_schema(root / "metadata.parquet").equals(SCHEMAS[Table.IMAGES])


async def test_publishing_again_writes_nothing(store: Store, new_log: NewLog, root: Path) -> None:
    await commit(store, new_log, 0, 1)
    await publish(store, new_log(store), IDENTITY)
    watched = WatchedStore(store, root)
    assert await publish(watched, new_log(watched), IDENTITY) == ()
    assert watched.changes == []


async def test_a_dataset_without_commits_is_not_published(store: Store, new_log: NewLog) -> None:
    assert await publish(store, new_log(store), IDENTITY) == ()
    assert await store.read("README.md") is None


async def test_every_commit_is_published(store: Store, new_log: NewLog) -> None:
    await commit(store, new_log, 0)
    await publish(store, new_log(store), IDENTITY)
    await commit(store, new_log, 1)
    assert await publish(store, new_log(store), IDENTITY) == ("metadata.parquet", "README.md")
    stories = {row["story_id"] for row in await metadata_rows(store)}
    assert stories == {story.story.story_id for story in STORIES[:2]}


async def test_a_dataset_in_which_nothing_could_be_had_is_published(store: Store, new_log: NewLog) -> None:
    await commit(store, new_log, 3)
    await publish(store, new_log(store), IDENTITY)
    assert await metadata_rows(store) == []
    assert b"dead letter | 1 |" in (await store.read("README.md") or b"")


async def test_a_commit_that_its_writer_left_unfinished_is_published_too(
    store: Store, new_log: NewLog, root: Path
) -> None:
    with pytest.raises(Killed):
        await commit(WatchedStore(store, root, die_at=12), new_log, 0)  # nine images, staged, record, first part
    await publish(store, new_log(store), IDENTITY)
    assert len(await metadata_rows(store)) == 9


async def test_a_commit_that_lands_while_publishing_is_not_forgotten(store: Store, new_log: NewLog, root: Path) -> None:
    await commit(store, new_log, 0)

    class Overtaken(WatchedStore):
        async def publish(self, key: str, content: bytes) -> None:
            await super().publish(key, content)
            if len(self.changes) == 2:
                await commit(store, new_log, 1)

    overtaken = Overtaken(store, root)
    await publish(overtaken, new_log(overtaken), IDENTITY)
    assert len({row["story_id"] for row in await metadata_rows(store)}) == 2


async def test_several_processes_publish_the_same(store: Store, new_log: NewLog) -> None:
    await commit(store, new_log, 0, 1)
    await asyncio.gather(*(publish(store, new_log(store), IDENTITY) for _ in range(4)))
    assert len(await metadata_rows(store)) == 10


async def test_a_part_that_somebody_removed_is_named(store: Store, new_log: NewLog) -> None:
    await commit(store, new_log, 0)
    await store.delete("manifest/stories/dt=2026-03-04/part-b-0.parquet")
    with pytest.raises(TargetUnusable, match=r"part-b-0\.parquet is missing, though the log names it"):
        await publish(store, new_log(store), IDENTITY)
    assert await store.read(commit_key(1)) is not None
