"""Parquet files, built whole in memory: one that breaks off while it is written can look complete to its readers."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq

from stories.dataset.schema import SCHEMAS, SORT_ORDERS, Table
from stories.strict_json import sha256_hex

ROW_GROUP_ROWS = 122_880


@dataclass(frozen=True)
class PartContent:
    """The bytes of a Parquet file with their measure."""

    content: bytes
    rows: int
    sha256: str


@dataclass(frozen=True)
class CommittedPart:
    """A Parquet file of the manifest as its record promises it."""

    key: str
    rows: int
    size_bytes: int
    sha256: str


def build_part(rows: pa.Table, table: Table) -> PartContent:
    """The rows in the table's order, compressed and indexed; equal rows give equal bytes.

    Raises `pyarrow.ArrowInvalid` when a column that must have a value has none.
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


def read_part(content: bytes, table: Table, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a part of any version in today's schema, or in these columns of it; columns it had not yet are null.

    Raises `pyarrow.ArrowInvalid` for bytes that are no Parquet file.
    """
    wanted = SCHEMAS[table] if columns is None else pa.schema([SCHEMAS[table].field(name) for name in columns])
    with pq.ParquetFile(BytesIO(content)) as file:
        there = set(file.schema_arrow.names)
        rows = file.read(columns=[name for name in wanted.names if name in there])
    for field in wanted:
        if field.name not in there:
            rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    return rows.select(wanted.names).cast(wanted)
