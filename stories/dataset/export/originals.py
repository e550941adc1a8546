"""The original bytes of the images that rows of the manifest name, exactly as they were served."""

import asyncio
from collections.abc import AsyncIterator

import pyarrow as pa

from stories.errors import TargetUnusable
from stories.storage.parallel_reads import read_many
from stories.storage.store import Store
from stories.strict_json import sha256_hex

GROUP_BYTES = 96 * 2**20
GROUP_IMAGES = 100
"""Upper bounds of the images in memory, and of a row group (Hugging Face reads at most 100 MB of one)."""
_READS_AT_ONCE = 8


async def groups_of(store: Store, images: pa.Table) -> AsyncIterator[tuple[pa.Table, list[bytes]]]:
    """Yield the rows in groups that fit in memory, each with the bytes of its images, in the order of the rows.

    Raises `TargetUnusable` when an image is missing or has other bytes than its row records.
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
    async def original(row: tuple[str, str]) -> bytes:
        key, sha256 = row
        content = await store.read(key)
        if content is None or await asyncio.to_thread(sha256_hex, content) != sha256:
            fault = "is missing" if content is None else "has other bytes than its row records"
            raise TargetUnusable(f"{store.url}: {key} {fault}; `depicta dataset verify --repair` can mend it")
        return content

    rows = zip(texts(images, "file_name"), texts(images, "sha256"), strict=True)
    return await read_many(original, rows, at_once=_READS_AT_ONCE)


def texts(images: pa.Table, column: str) -> list[str]:
    """Return a column of texts; every row must have a value, because a null would become 'None'."""
    return [str(text) for text in images[column].to_pylist()]
