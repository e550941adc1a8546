"""What has to hold on an object store too, over its own protocol."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from itertools import count

import pyarrow.parquet as pq
import pytest

from stories.clock import SystemClock
from stories.dataset.audit.dataset import audit_dataset
from stories.dataset.audit.findings import FindingKind
from stories.dataset.layout import sidecar_key
from stories.dataset.log.compaction import compact
from stories.dataset.marker import claim_target
from stories.dataset.model import to_sidecar
from stories.dataset.publication import publish
from stories.dataset.schema import Table
from stories.storage.fsspec_store import FsspecStore, open_store
from stories.storage.store import Store
from tests.doubles import saved_stories as saved
from tests.doubles.commit_logs import NewLog
from tests.doubles.object_store import running_object_store

WRITERS = 4


@pytest.fixture
async def bucket() -> AsyncIterator[FsspecStore]:
    with running_object_store() as server:
        url = f"s3://{server.new_bucket()}/stories"
        async with open_store(url, storage_options=server.storage_options) as store:
            yield store


async def rows(store: Store, table: Table, column: str) -> list[str]:
    contents = [await store.read(stored.key) async for stored in store.list(f"manifest/{table}")]
    return [value for content in contents for value in pq.read_table(BytesIO(content or b""))[column].to_pylist()]


async def test_writers_that_begin_commit_and_publish_at_once_make_one_dataset(
    bucket: FsspecStore, new_log: NewLog
) -> None:
    stories = [saved.failed(number) for number in range(6)]

    async def work(writer: int) -> str:
        identity = await claim_target(
            bucket, clock=SystemClock(), new_dataset_id=lambda: f"by-{writer}", tool_version="0.1.0"
        )
        log = new_log(bucket)
        for start in (0, 2, 4):
            turn = (start + 2 * writer) % 6
            await log.commit(stories[turn : turn + 2], batch_id=f"w{writer}-{turn}", lineage=saved.LINEAGE)
        await publish(bucket, log, identity)
        return identity.dataset_id

    assert len(set(await asyncio.gather(*map(work, range(WRITERS))))) == 1
    everything = sorted(story.story.story_id for story in stories)
    assert sorted(await rows(bucket, Table.STORIES, "story_id")) == everything
    assert len(set(await rows(bucket, Table.IMAGES, "image_id"))) == 12
    assert sorted(await new_log(bucket).committed()) == everything
    assert [stored.key async for stored in bucket.list("_meta/staging")] == []
    assert b"| stories, failed | 6 |" in (await bucket.read("README.md") or b"")


async def test_a_bucket_is_compacted_by_two_at_once_and_found_sound(bucket: FsspecStore, new_log: NewLog) -> None:
    identity = await claim_target(bucket, clock=SystemClock(), new_dataset_id=lambda: "d", tool_version="0.1.0")
    stories = [saved.completed(1), saved.partial(2), saved.failed(3)]
    for number, story in enumerate(stories):
        await saved.store_images(bucket, story)
        await bucket.publish(sidecar_key(story.story.story_id), to_sidecar(story))
        await new_log(bucket).commit([story], batch_id=f"b-{number}", lineage=saved.LINEAGE)
    nonces = count(1)
    await asyncio.gather(
        *(compact(bucket, new_log(bucket), SystemClock(), lambda: f"m{next(nonces)}") for _ in range(2))
    )
    await publish(bucket, new_log(bucket), identity)
    assert len([stored.key async for stored in bucket.list("manifest")]) == 2
    assert sorted(await rows(bucket, Table.STORIES, "story_id")) == sorted(it.story.story_id for it in stories)
    audit = await audit_dataset(bucket, new_log(bucket))
    assert (audit.images, audit.findings) == (6, [])
    await bucket.delete(stories[0].images[0].key or "")
    assert [it.kind for it in (await audit_dataset(bucket, new_log(bucket))).findings] == [FindingKind.MISSING]
