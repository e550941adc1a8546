import asyncio
from collections.abc import Iterator

import pytest

from stories.storage.parallel_reads import read_many


class Reads:
    """Reads that end when the test lets them, and how many were running."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.running = self.most_running = self.cancelled = 0
        self.release = asyncio.Event()

    async def read(self, key: int) -> int:
        self.begun.append(key)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        return key * key


async def until_idle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_results_come_in_the_order_of_the_keys_whatever_ends_first() -> None:
    ends = {key: asyncio.Event() for key in range(5)}

    async def read(key: int) -> str:
        if key < 4:
            await ends[key + 1].wait()
        ends[key].set()
        return f"content {key}"

    assert await read_many(read, range(5), at_once=5) == [f"content {key}" for key in range(5)]


@pytest.mark.parametrize("at_once", [1, 3, 100])
async def test_no_more_run_at_a_time_than_allowed(at_once: int) -> None:
    reads = Reads()
    found = asyncio.create_task(read_many(reads.read, range(10), at_once=at_once))
    await until_idle()
    assert reads.running == min(at_once, 10)
    reads.release.set()
    assert await found == [key * key for key in range(10)]
    assert reads.most_running == min(at_once, 10)


async def test_the_first_error_is_raised_and_the_rest_are_cancelled() -> None:
    reads = Reads()

    async def read(key: int) -> int:
        if key == 2:
            raise OSError("disk")
        return await reads.read(key)

    with pytest.raises(OSError, match="disk"):
        await read_many(read, range(10), at_once=3)
    assert (reads.begun, reads.cancelled, reads.running) == ([0, 1], 2, 0)


async def test_a_caller_that_is_cancelled_leaves_no_read_behind() -> None:
    reads = Reads()
    found = asyncio.create_task(read_many(reads.read, range(10), at_once=3))
    await until_idle()
    found.cancel()
    with pytest.raises(asyncio.CancelledError):
        await found
    assert (reads.cancelled, reads.running) == (3, 0)


async def test_keys_are_made_as_they_are_needed() -> None:
    made: list[int] = []
    reads = Reads()

    def keys() -> Iterator[int]:
        for key in range(10):
            made.append(key)
            yield key

    found = asyncio.create_task(read_many(reads.read, keys(), at_once=2))
    await until_idle()
    assert made == [0, 1]
    reads.release.set()
    assert len(await found) == 10


async def test_no_keys_give_no_results() -> None:
    assert await read_many(Reads().read, [], at_once=8) == []
