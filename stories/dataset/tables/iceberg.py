"""The manifest as Iceberg tables, in place: metadata that names the parts; no byte of the parts is moved."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stories.dataset.layout import ICEBERG
from stories.dataset.parts import CommittedPart
from stories.dataset.schema import SCHEMAS, Table
from stories.dataset.tables.registration import LiveParts, Registered, changes
from stories.errors import ConfigurationError

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table as IcebergTable


def register_iceberg(root: str, live: LiveParts, name: str, *, catalog_file: Path) -> tuple[Registered, ...]:
    """Make the tables `images` and `stories` of the namespace name the live parts; writes nothing if they do.

    `name` is `CATALOG.NAMESPACE`. A catalog that pyiceberg's own configuration does not name is kept in `catalog_file`
    (SQLite), with its metadata on the target. Blocking. Raises `ConfigurationError` for a name without a namespace, or
    when pyiceberg is not installed.
    """
    catalog_name, _, namespace = name.partition(".")
    if not catalog_name or not namespace:
        raise ConfigurationError(f"--iceberg {name!r}: write CATALOG.NAMESPACE, such as local.stories")
    location = root if "://" in root else f"file://{root}"
    try:
        catalog = _catalog(catalog_name, location, catalog_file)
    except ImportError as exc:
        raise ConfigurationError("--iceberg needs pyiceberg: pip install 'depicta-stories[tables]'") from exc
    with catalog:
        catalog.create_namespace_if_not_exists(namespace)
        return tuple(
            _register(catalog, f"{namespace}.{table}", table, parts, location) for table, parts in live.items()
        )


def _catalog(name: str, location: str, catalog_file: Path) -> "Catalog":
    from pyiceberg.catalog import load_catalog  # noqa: PLC0415 - an extra
    from pyiceberg.utils.config import Config  # noqa: PLC0415

    if Config().get_catalog_config(name) is not None:
        return load_catalog(name)
    catalog_file.parent.mkdir(parents=True, exist_ok=True)
    is_local = location.startswith("file://")
    # fsspec finds credentials and endpoint of the cloud in the same places as all other parts of this program.
    io = {} if is_local else {"py-io-impl": "pyiceberg.io.fsspec.FsspecFileIO"}
    return load_catalog(
        name,
        type="sql",
        uri=f"sqlite:///{catalog_file}",
        warehouse=f"{location}/{ICEBERG}",
        init_catalog_tables="true",
        **io,
    )


def _register(
    catalog: "Catalog", identifier: str, table: Table, parts: Sequence[CommittedPart], location: str
) -> Registered:
    registered = catalog.create_table_if_not_exists(identifier, schema=SCHEMAS[table])
    wanted = {f"{location}/{part.key}" for part in parts}
    known = _data_files(registered)
    fresh, stale = changes(wanted, known)
    if fresh or stale:
        with registered.transaction() as transaction:
            if stale:
                with transaction.update_snapshot().overwrite() as snapshot:
                    for path in stale:
                        snapshot.delete_data_file(known[path])
            if fresh:
                transaction.add_files(fresh)
    return Registered(table.value, f"{catalog.name}.{identifier}", len(wanted), len(fresh), len(stale))


def _data_files(registered: "IcebergTable") -> "dict[str, DataFile]":
    """Return every file that the table names, by its path; a scan would leave out files without rows."""
    snapshot = registered.current_snapshot()
    manifests = snapshot.manifests(registered.io) if snapshot is not None else []
    entries = (entry for manifest in manifests for entry in manifest.fetch_manifest_entry(registered.io))
    return {entry.data_file.file_path: entry.data_file for entry in entries}
