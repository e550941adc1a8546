"""Parquet files, built whole in memory: a file that breaks off while it is written can look complete to its readers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stories.dataset.schema import SCHEMAS, SORT_ORDERS, Table
from stories.strict_json import sha256_hex

ROW_GROUP_ROWS = 122_880

_ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class PartContent:
    """The bytes of a Parquet file, with their hash and the number of rows."""

    content: bytes
    rows: int
    sha256: str


@dataclass(frozen=True)
class CommittedPart:
    """A Parquet file of the manifest as its record describes it."""

    key: str
    rows: int
    size_bytes: int
    sha256: str


def build_part(rows: pa.Table, table: Table) -> PartContent:
    """Return the rows as a Parquet file: in the table's order, compressed, indexed.

    Equal rows give equal bytes with one version of pyarrow; another version writes other bytes. Raises
    `pyarrow.ArrowInvalid` when a required column has no value.
    """
    file = BytesIO()
    pq.write_table(
        rows.sort_by(SORT_ORDERS[table]),
        file,
        row_group_size=ROW_GROUP_ROWS,
        compression="zstd",
        compression_level=3,
        use_dictionary=True,
        write_page_index=True,
        sorting_columns=pq.SortingColumn.from_ordering(rows.schema, SORT_ORDERS[table]),
    )
    content = file.getvalue()
    return PartContent(content, rows.num_rows, sha256_hex(content))


def read_part(
    content: bytes, table: Table, columns: Sequence[str] | None = None, *, where: pc.Expression | None = None
) -> pa.Table:
    """Return the rows of a part of any schema version in today's schema, or in these columns of today's schema.

    A column that the part's version did not have is null. With `where`, only rows that match it are read. Raises
    `pyarrow.ArrowInvalid` for bytes that are no Parquet file.
    """
    wanted = SCHEMAS[table] if columns is None else pa.schema([SCHEMAS[table].field(name) for name in columns])
    names = _stored_names(pq.read_schema(BytesIO(content)), wanted)
    return _conform(pq.read_table(BytesIO(content), columns=names, filters=where, partitioning=None), wanted)


def stream_part(content: bytes, table: Table) -> Iterator[pa.Table]:
    """Yield the rows of a part in today's schema and in their order, 512 at a time; raises what `read_part` raises."""
    with pq.ParquetFile(BytesIO(content)) as file:
        names = _stored_names(file.schema_arrow, SCHEMAS[table])
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=names):
            yield _conform(pa.Table.from_batches([batch]), SCHEMAS[table])


def _stored_names(stored: pa.Schema, wanted: pa.Schema) -> list[str]:
    return [name for name in wanted.names if name in set(stored.names)]


def _conform(rows: pa.Table, wanted: pa.Schema) -> pa.Table:
    for field in wanted:
        if field.name not in rows.column_names:
            rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    return rows.select(wanted.names).cast(wanted)
