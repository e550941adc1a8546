"""The manifest as Delta tables, in place: a log that names the parts; no byte of the parts is moved or rewritten.

A Delta log names files below its own root, and lies there in `_delta_log/`. Beside the parts it would break readers
that take every file of a folder (polars 2.1: "different file extensions"), so the roots are higher: that of the images
is the root of the dataset, that of the stories is `manifest/`. No checkpoint is ever written: it is a Parquet file, and
readers that use a glob would take its rows for images.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from stories.dataset.layout import MANIFEST
from stories.dataset.parts import CommittedPart
from stories.dataset.schema import SCHEMAS, Table
from stories.dataset.tables.registration import LiveParts, Registered, changes
from stories.errors import ConfigurationError

if TYPE_CHECKING:
    from deltalake.transaction import AddAction

ROOTS = {Table.IMAGES: "", Table.STORIES: f"{MANIFEST}/"}
"""Root of each table, below the root of the dataset."""
_PARTITION = "dt"


def register_delta(root: str, live: LiveParts) -> tuple[Registered, ...]:
    """Make both tables name the live parts; writes nothing if they do. `root` is a path or the URL of a bucket.

    Blocking. Credentials are those of the environment, as deltalake reads it. Raises `ConfigurationError` when
    deltalake is not installed.
    """
    try:
        import deltalake  # noqa: F401, PLC0415 - an extra
    except ImportError as exc:
        raise ConfigurationError("--delta needs deltalake: pip install 'depicta-stories[tables]'") from exc
    return tuple(_register(f"{root}/{ROOTS[table]}".rstrip("/"), table, parts) for table, parts in live.items())


def _register(location: str, table: Table, parts: Sequence[CommittedPart]) -> Registered:
    from deltalake import DeltaTable, PostCommitHookProperties, Schema  # noqa: PLC0415
    from deltalake.transaction import RemoveAction, create_table_with_add_actions  # noqa: PLC0415

    schema = Schema.from_arrow(pa.schema([*SCHEMAS[table], pa.field(_PARTITION, pa.date32())]))
    hooks = PostCommitHookProperties(create_checkpoint=False)
    wanted = {part.key.removeprefix(ROOTS[table]): part for part in parts}
    if not DeltaTable.is_deltatable(location):
        added = [_add_action(path, part) for path, part in wanted.items()]
        create_table_with_add_actions(
            location, schema, added, partition_by=[_PARTITION], post_commithook_properties=hooks
        )
        return Registered(table.value, location, len(wanted), len(wanted), 0)
    known = DeltaTable(location)
    paths = {str(path) for path in pa.table(known.get_add_actions())["path"].to_pylist()}
    fresh, stale = changes(wanted, paths)
    if fresh or stale:
        actions: list[AddAction | RemoveAction] = [_add_action(path, wanted[path]) for path in fresh]
        actions += [RemoveAction(path, True, 0) for path in stale]
        known.create_write_transaction(
            actions, "append", schema, partition_by=[_PARTITION], post_commithook_properties=hooks
        )
    return Registered(table.value, location, len(wanted), len(fresh), len(stale))


def _add_action(path: str, part: CommittedPart) -> "AddAction":
    from deltalake.transaction import AddAction  # noqa: PLC0415 - an extra

    return AddAction(
        path=path,
        size=part.size_bytes,
        partition_values={_PARTITION: _date_of(path)},
        modification_time=0,
        data_change=True,
        stats=json.dumps({"numRecords": part.rows}),
    )


def _date_of(path: str) -> str:
    """Return 2026-11-26 for `…/dt=2026-11-26/part-….parquet`."""
    return path.rpartition("/")[0].rpartition("=")[2]
