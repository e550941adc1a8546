"""WebDataset: tar files in which the files of one sample are adjacent and share a key.

A key has no dot, and all images of one set have one format: otherwise Hugging Face's loader takes the rest of the name
for a field, or refuses the set (both seen with datasets 5.2).
"""

import io
import json
import tarfile
from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import PurePosixPath

import pyarrow as pa

from stories.dataset.export.originals import groups_of
from stories.storage.store import Store

SHARD_BYTES = 256 * 2**20
"""Size beyond which a shard is closed, at the end of a group of images."""


async def tar_shards(store: Store, images: pa.Table) -> AsyncIterator[tuple[bytes, int]]:
    """Yield whole shards, each with its number of samples; all images have one format. Equal rows give equal bytes."""
    file, samples = io.BytesIO(), 0
    shard = _shard(file)
    async for group, originals in groups_of(store, images):
        for row, original in zip(group.to_pylist(), originals, strict=True):
            path = PurePosixPath(row["file_name"])
            key = f"{row['story_id']}-{path.stem}"
            _add(shard, f"{key}{path.suffix}", original)
            _add(shard, f"{key}.json", json.dumps(row, ensure_ascii=False, default=_as_text).encode())
            samples += 1
        if file.tell() >= SHARD_BYTES:
            shard.close()
            yield file.getvalue(), samples
            file, samples = io.BytesIO(), 0
            shard = _shard(file)
    shard.close()
    if samples:
        yield file.getvalue(), samples


def _shard(file: io.BytesIO) -> tarfile.TarFile:
    return tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT)


def _add(shard: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)  # time 0, owner 0
    member.size = len(content)
    shard.addfile(member, io.BytesIO(content))


def _as_text(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"no column of the table of images has values of {type(value).__name__}")
