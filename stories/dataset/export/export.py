"""An export at its destination: the files, and an index of them that is written last and says what they are.

The index also tells an export from a stranger's files: a place that holds anything else is refused, and a repeated
export removes what it no longer has.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter, ValidationError

from stories.dataset.export.card import export_card
from stories.dataset.export.originals import texts
from stories.dataset.export.parquet import parquet_files
from stories.dataset.export.selection import Selection, Splits
from stories.dataset.export.webdataset import tar_shards
from stories.dataset.layout import CARD, without_split_words
from stories.dataset.marker import DatasetIdentity
from stories.errors import TargetUnusable
from stories.storage.store import Store
from stories.strict_json import sha256_hex

INDEX = "export.json"


class ExportKind(StrEnum):
    """What is made; a `huggingface` folder is the Parquet files with a card, for `load_dataset(folder)`."""

    PARQUET = "parquet"
    WEBDATASET = "webdataset"
    HUGGINGFACE = "huggingface"


@dataclass(frozen=True)
class ExportOrder:
    """What is wanted of a dataset."""

    kind: ExportKind
    selection: Selection
    splits: Splits


@dataclass(frozen=True)
class ExportedFile:
    """A file of an export."""

    key: str
    split: str
    images: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Export:
    """The index: what was exported from which dataset, and as of when."""

    kind: ExportKind
    dataset_id: str
    exported_at: datetime
    order: ExportOrder
    files: tuple[ExportedFile, ...]

    @property
    def images(self) -> int:
        return sum(file.images for file in self.files)

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


_EXPORT = TypeAdapter(Export)


@dataclass(frozen=True)
class Rows:
    """What is exported from: a dataset's rows as they were read at one instant."""

    store: Store
    identity: DatasetIdentity
    images: pa.Table
    stories: pa.Table
    """With `stories.dataset.export.selection.STORY_COLUMNS`."""


async def export(
    rows: Rows, destination: Store, order: ExportOrder, *, now: datetime, on_images: Callable[[int], None]
) -> Export:
    """Write the export and its index; `on_images` is told how many images each finished file has.

    Memory is bounded by one file. Raises `TargetUnusable` when the destination holds something else, or nothing is
    selected.
    """
    before = await _index_of(destination)
    selected = order.selection.of(rows.images, rows.stories)
    if selected.num_rows == 0:
        raise TargetUnusable(f"{rows.store.url}: no image of the dataset is selected; nothing was exported")
    files: list[ExportedFile] = []
    for split, images in order.splits.parts_of(selected).items():
        async for key, content, count in _files(rows.store, images, order, split):
            await destination.publish(key, content)
            sha256 = await asyncio.to_thread(sha256_hex, content)
            files.append(ExportedFile(key, split, count, len(content), sha256))
            on_images(count)
    done = Export(order.kind, rows.identity.dataset_id, now, order, tuple(files))
    if order.kind is ExportKind.HUGGINGFACE:
        card = export_card(rows.identity, selected, {split: _folder(order, split) for split in order.splits.shares})
        await destination.publish(CARD, card.encode())
    await destination.publish(INDEX, _EXPORT.dump_json(done, indent=1))
    for stale in {file.key for file in before} - {file.key for file in files}:
        await destination.delete(stale)
    return done


async def _files(
    store: Store, images: pa.Table, order: ExportOrder, split: str
) -> AsyncIterator[tuple[str, bytes, int]]:
    """Key, bytes and number of images of each file of one split."""
    folder = _folder(order, split)
    if order.kind is not ExportKind.WEBDATASET:
        number = 0
        async for content, count in parquet_files(store, images):
            yield f"{folder}part-{number:05d}.parquet", content, count
            number += 1
        return
    for image_format in sorted(set(texts(images, "format"))):
        number = 0
        of_format = images.filter(pc.field("format") == image_format)
        async for content, count in tar_shards(store, of_format):
            yield f"{folder}{image_format}/shard-{number:06d}.tar", content, count
            number += 1


def _folder(order: ExportOrder, split: str) -> str:
    """Where a split's files are. Inside a dataset a folder called train would hide all other images from loaders."""
    root = "data/" if order.kind is ExportKind.HUGGINGFACE else ""
    return root if len(order.splits.shares) == 1 else f"{root}{without_split_words(split)}/"


async def _index_of(destination: Store) -> tuple[ExportedFile, ...]:
    """The files of the export that is there; none in an empty place."""
    content = await destination.read(INDEX)
    if content is not None:
        try:
            return _EXPORT.validate_json(content).files
        except ValidationError as exc:
            raise TargetUnusable(f"{destination.url}: {INDEX} is damaged; choose another place") from exc
    async for stored in destination.list(""):
        raise TargetUnusable(f"{destination.url} holds {stored.key} and no export of ours; choose an empty place")
    return ()
