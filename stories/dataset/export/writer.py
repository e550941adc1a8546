"""The writer of exports: the files at their destination, and an index of them that is written last.

The index also marks a place as an export: a place with other files and no index is refused, and a repeated export
removes the files that it no longer has.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib.resources import files as package_files

import pyarrow as pa
import pyarrow.compute as pc
from jinja2 import Environment, StrictUndefined, select_autoescape
from pydantic import TypeAdapter, ValidationError

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
    """The kinds of export; a `huggingface` folder is the Parquet files with a card, for `load_dataset(folder)`."""

    PARQUET = "parquet"
    WEBDATASET = "webdataset"
    HUGGINGFACE = "huggingface"


@dataclass(frozen=True)
class ExportOrder:
    """The request for an export: its kind, the images that it takes, and their splits."""

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
    """The index of an export: its dataset, its time, its request and its files."""

    kind: ExportKind
    dataset_id: str
    exported_at: datetime
    order: ExportOrder
    files: tuple[ExportedFile, ...]

    @property
    def images(self) -> int:
        """Number of images in all files."""
        return sum(file.images for file in self.files)

    @property
    def size_bytes(self) -> int:
        """Size of all files."""
        return sum(file.size_bytes for file in self.files)


_EXPORT = TypeAdapter(Export)


@dataclass(frozen=True)
class ExportSource:
    """A dataset's rows as they were read at one instant, and the store that has its images."""

    store: Store
    identity: DatasetIdentity
    images: pa.Table
    stories: pa.Table
    """With the columns of `stories.dataset.export.selection.STORY_COLUMNS`."""


async def write_export(
    source: ExportSource, destination: Store, order: ExportOrder, *, now: datetime, on_images: Callable[[int], None]
) -> Export:
    """Write the export and its index; `on_images` is called with the number of images in each finished file.

    Memory is bounded by one file. Raises `TargetUnusable` when the destination holds something else, or no image is
    selected.
    """
    before = await _index_of(destination)
    selected = order.selection.of(source.images, source.stories)
    if selected.num_rows == 0:
        raise TargetUnusable(f"{source.store.url}: no image of the dataset is selected; nothing was exported")
    files: list[ExportedFile] = []
    for split, images in order.splits.parts_of(selected).items():
        async for key, content, count in _files(source.store, images, order, split):
            await destination.publish(key, content)
            sha256 = await asyncio.to_thread(sha256_hex, content)
            files.append(ExportedFile(key, split, count, len(content), sha256))
            on_images(count)
    done = Export(order.kind, source.identity.dataset_id, now, order, tuple(files))
    if order.kind is ExportKind.HUGGINGFACE:
        card = _render_card(source.identity, selected, {split: _folder(order, split) for split in order.splits.shares})
        await destination.publish(CARD, card.encode())
    await destination.publish(INDEX, _EXPORT.dump_json(done, indent=1))
    for stale in {file.key for file in before} - {file.key for file in files}:
        await destination.delete(stale)
    return done


async def _files(
    store: Store, images: pa.Table, order: ExportOrder, split: str
) -> AsyncIterator[tuple[str, bytes, int]]:
    """Yield key, bytes and number of images of each file of one split."""
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
    """Return the folder of a split. Inside a dataset a folder called train would hide all other images from loaders."""
    root = "data/" if order.kind is ExportKind.HUGGINGFACE else ""
    return root if len(order.splits.shares) == 1 else f"{root}{without_split_words(split)}/"


async def _index_of(destination: Store) -> tuple[ExportedFile, ...]:
    """Return the files of the export that is there; none in an empty place."""
    content = await destination.read(INDEX)
    if content is not None:
        try:
            return _EXPORT.validate_json(content).files
        except ValidationError as exc:
            raise TargetUnusable(f"{destination.url}: {INDEX} is damaged; choose another place") from exc
    async for stored in destination.list(""):
        raise TargetUnusable(
            f"{destination.url} holds {stored.key} and no export of this program; choose an empty place"
        )
    return ()


def _render_card(identity: DatasetIdentity, images: pa.Table, folder_of_split: Mapping[str, str]) -> str:
    """Return Markdown with YAML front matter that names the files of each split. Equal rows give equal text."""
    environment = Environment(
        autoescape=select_autoescape(default_for_string=False),  # no foreign text is rendered
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    template = package_files("stories.dataset.export").joinpath("card.md.j2").read_text("utf-8")
    return environment.from_string(template).render(
        identity=identity,
        images=images.num_rows,
        stories=len(set(images["story_id"].to_pylist())),
        image_bytes=pc.sum(images["size_bytes"]).as_py(),
        with_c2pa=pc.sum(images["has_c2pa"]).as_py() or 0,
        folder_of_split=folder_of_split,
    )
