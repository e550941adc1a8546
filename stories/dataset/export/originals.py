"""The bytes behind rows of the manifest, exactly as they were served."""

import asyncio
from collections.abc import AsyncIterator

import pyarrow as pa

from stories.errors import TargetUnusable
from stories.storage.store import Store
from stories.strict_json import sha256_hex

GROUP_BYTES = 96 * 2**20
GROUP_IMAGES = 100
"""The bounds of what is in memory at once; also those of a row group (Hugging Face reads at most 100 MB of one)."""
_PARALLEL_READS = 8


async def groups_of(store: Store, images: pa.Table) -> AsyncIterator[tuple[pa.Table, list[bytes]]]:
    """The rows in groups that fit in memory, each with the bytes of its images, in the order of the rows.

    Raises `TargetUnusable` when an image is missing or not what its row says.
    """
    start = 0
    sizes: list[int] = images["size_bytes"].to_pylist()  # type: ignore[assignment]  # every row has a file
    while start < len(sizes):
        end, size_bytes = start + 1, sizes[start]
        while end < len(sizes) and end - start < GROUP_IMAGES and size_bytes + sizes[end] <= GROUP_BYTES:
            size_bytes += sizes[end]
            end += 1
        group = images.slice(start, end - start)
        yield group, await _read(store, group)
        start = end


async def _read(store: Store, images: pa.Table) -> list[bytes]:
    slots = asyncio.Semaphore(_PARALLEL_READS)

    async def original(key: str, sha256: str) -> bytes:
        async with slots:
            content = await store.read(key)
        if content is None or await asyncio.to_thread(sha256_hex, content) != sha256:
            what = "is missing" if content is None else "is not what its row says"
            raise TargetUnusable(f"{store.url}: {key} {what}; `depicta dataset verify --repair` can mend it")
        return content

    rows = zip(texts(images, "file_name"), texts(images, "sha256"), strict=True)
    return await asyncio.gather(*(original(key, sha256) for key, sha256 in rows))


def texts(images: pa.Table, column: str) -> list[str]:
    """A column that every row with a file has a value in."""
    return [str(text) for text in images[column].to_pylist()]
