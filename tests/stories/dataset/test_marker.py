import asyncio
import json
from itertools import count

import pytest

from stories.clock import SystemClock
from stories.dataset.marker import DatasetIdentity, claim_target
from stories.errors import TargetUnusable
from stories.storage.store import Store

numbers = count(1)


async def opened(store: Store) -> DatasetIdentity:
    return await claim_target(
        store, clock=SystemClock(), new_dataset_id=lambda: f"dataset-{next(numbers)}", tool_version="0.1.0"
    )


async def test_an_empty_target_becomes_a_dataset_and_stays_the_same(store: Store) -> None:
    first = await opened(store)
    assert await opened(store) == first
    assert (first.schema_version, first.tool_version) == (1, "0.1.0")


async def test_processes_that_begin_a_dataset_at_once_agree_on_it(store: Store) -> None:
    assert len(set(await asyncio.gather(*(opened(store) for _ in range(8))))) == 1


@pytest.mark.parametrize("key", ["holiday.jpg", "images/a.png", "README.md"])
async def test_a_target_with_something_else_on_it_is_refused_and_left_alone(store: Store, key: str) -> None:
    await store.create(key, b"mine")
    with pytest.raises(TargetUnusable, match=rf"not empty \({key}\)"):
        await opened(store)
    assert [stored.key async for stored in store.list("")] == [key]


async def test_a_dataset_of_a_newer_version_is_refused(store: Store) -> None:
    await opened(store)
    marker = json.loads(await store.read("_meta/dataset.json") or b"")
    await store.publish("_meta/dataset.json", json.dumps({**marker, "schema_version": 2}).encode())
    with pytest.raises(TargetUnusable, match="schema version 2, this program knows 1; update"):
        await opened(store)


async def test_a_marker_of_another_program_is_refused(store: Store) -> None:
    await store.create("_meta/dataset.json", b'{"owner": "someone"}')
    with pytest.raises(TargetUnusable, match="is not the marker of a dataset"):
        await opened(store)


async def test_a_marker_with_more_fields_is_read(store: Store) -> None:
    identity = await opened(store)
    marker = json.loads(await store.read("_meta/dataset.json") or b"")
    await store.publish("_meta/dataset.json", json.dumps({**marker, "later": 1}).encode())
    assert await opened(store) == identity
