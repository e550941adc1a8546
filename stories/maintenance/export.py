"""The use of a dataset elsewhere: exports, and registration of its parts with table formats."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from stories.clock import SystemClock
from stories.dataset.export.selection import STORY_COLUMNS
from stories.dataset.export.writer import Export, ExportOrder, ExportSource, write_export
from stories.dataset.layout import EXPORT, ICEBERG
from stories.dataset.manifest import read_manifest
from stories.dataset.schema import Table
from stories.dataset.tables.delta import register_delta
from stories.dataset.tables.iceberg import register_iceberg
from stories.dataset.tables.registration import Registered
from stories.errors import ConfigurationError, TargetUnusable
from stories.storage.fsspec_store import open_store
from stories.target import existing_target

_NO_RUN = "export"


async def export_dataset(
    target: str, destination: str | None, order: ExportOrder, *, on_images: Callable[[int, int], None]
) -> tuple[str, Export]:
    """Export all that is committed on the target; return the URL of the export and its index.

    Without a `destination` the export is `export/<kind>/` on the target. Calls `on_images` with the number of images
    exported so far and that of the dataset. Raises `TargetUnusable`.
    """
    clock = SystemClock()
    async with existing_target(target, run_id=_NO_RUN) as dataset:
        manifest = await read_manifest(dataset.store, dataset.commits, story_columns=STORY_COLUMNS)
        if manifest is None:
            raise TargetUnusable(f"{target}: nothing is committed yet; `depicta batch run` commits stories")
        place = destination or f"{dataset.store.url}/{EXPORT}/{order.kind}"
        source = ExportSource(dataset.store, dataset.identity, manifest.images, manifest.stories)
        async with open_store(place, clock=clock) as store:
            exported = 0

            def count(images: int) -> None:
                nonlocal exported
                exported += images
                on_images(exported, manifest.images.num_rows)

            return store.url, await write_export(source, store, order, now=clock.now(), on_images=count)


async def register_dataset(
    target: str, *, iceberg: str | None, delta: bool, state_directory: Path
) -> tuple[Registered, ...]:
    """Register the live parts, in place, with an Iceberg catalog, as Delta tables, or both.

    An Iceberg catalog that the configuration of pyiceberg does not name is kept in the target if that is a directory,
    and in `state_directory` if it is a bucket. Raises `ConfigurationError` when neither is requested, and
    `TargetUnusable` when nothing is committed.
    """
    if iceberg is None and not delta:
        raise ConfigurationError("nothing to register with: give --iceberg CATALOG.NAMESPACE, --delta, or both")
    async with existing_target(target, run_id=_NO_RUN) as dataset:
        pairs = await dataset.commits.live_pairs()
        if not pairs:
            raise TargetUnusable(f"{target}: nothing is committed yet; `depicta batch run` commits stories")
        live, root = {table: [pair[table] for pair in pairs] for table in Table}, dataset.store.url
        registered: tuple[Registered, ...] = ()
        if iceberg is not None:
            directory = state_directory / "iceberg" / dataset.identity.dataset_id if "://" in root else None
            catalog_file = (directory or Path(root) / ICEBERG) / "catalog.db"
            registered += await asyncio.to_thread(register_iceberg, root, live, iceberg, catalog_file=catalog_file)
        if delta:
            registered += await asyncio.to_thread(register_delta, root, live)
        return registered
