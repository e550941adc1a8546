"""Reads in parallel, a bounded number of them at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

_Key = TypeVar("_Key")
_Result = TypeVar("_Result")


async def read_many(read: Callable[[_Key], Awaitable[_Result]], keys: Iterable[_Key], *, at_once: int) -> list[_Result]:
    """Await `read(key)` for every key, at most `at_once` at a time, and return the results in the order of the keys.

    The keys are taken from the iterable as they are needed. The first error is raised, the reads that are still running
    are cancelled, and no further read begins; the same happens when the caller is cancelled.
    """
    results: dict[int, _Result] = {}
    numbered = enumerate(keys)

    async def read_next_keys() -> None:
        for number, key in numbered:
            results[number] = await read(key)

    readers = [asyncio.create_task(read_next_keys()) for _ in range(at_once)]
    try:
        await asyncio.gather(*readers)
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    return [results[number] for number in range(len(results))]
