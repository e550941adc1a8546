"""Parquet files with the images inside, in the form that Hugging Face's libraries and viewer show as images.

Measured (datasets 5.2): encoded images gain nothing from compression, so their column has none and is plain; a row
group has 100 MB at most; `huggingface` in the schema's metadata has to name the feature of every column.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import JsonValue

from stories.dataset.export.originals import groups_of, texts
from stories.dataset.schema import SCHEMAS, Table
from stories.storage.store import Store

FILE_BYTES = 256 * 2**20
"""Size beyond which a file is closed and the next one begun."""
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_BYTES = "image.bytes"


def export_schema() -> pa.Schema:
    """Return the columns of the table of images, with the image itself in front."""
    columns = [pa.field("image", IMAGE), *SCHEMAS[Table.IMAGES]]
    features: dict[str, JsonValue] = {field.name: _feature(field.type) for field in columns}
    return pa.schema(columns, metadata={"huggingface": json.dumps({"info": {"features": features}})})


async def parquet_files(store: Store, images: pa.Table) -> AsyncIterator[tuple[bytes, int]]:
    """Yield whole files, each with its number of rows; rows keep their order, so those of a story are adjacent."""
    schema = export_schema()
    file, rows = BytesIO(), 0
    writer = _writer(file, schema)
    async for group, originals in groups_of(store, images):
        await asyncio.to_thread(writer.write_table, _embedded(group, originals, schema))
        rows += group.num_rows
        if file.tell() >= FILE_BYTES:
            writer.close()
            yield file.getvalue(), rows
            file, rows = BytesIO(), 0
            writer = _writer(file, schema)
    writer.close()
    if rows:
        yield file.getvalue(), rows


def _embedded(group: pa.Table, originals: list[bytes], schema: pa.Schema) -> pa.Table:
    names = [PurePosixPath(name).name for name in texts(group, "file_name")]
    pictures = pa.StructArray.from_arrays([pa.array(originals, pa.binary()), pa.array(names)], fields=list(IMAGE))
    return pa.table([pictures, *group.columns], schema=schema)


def _writer(file: BytesIO, schema: pa.Schema) -> pq.ParquetWriter:
    columns = [column for field in schema for column in _leaves(field)]
    others = [column for column in columns if column != _BYTES]
    return pq.ParquetWriter(
        file,
        schema,
        compression={_BYTES: "none", **dict.fromkeys(others, "zstd")},
        use_dictionary=others,  # type: ignore[arg-type]  # the stubs allow no list here
        column_encoding={_BYTES: "PLAIN"},
        write_statistics=others,
        write_page_index=True,
    )


def _leaves(field: "pa.Field[pa.DataType]") -> list[str]:
    """Return the names of the column's leaves in a Parquet file."""
    if pa.types.is_struct(field.type):
        return [f"{field.name}.{child.name}" for child in field.type]
    return [f"{field.name}.list.element"] if pa.types.is_list(field.type) else [field.name]


def _feature(kind: pa.DataType) -> dict[str, JsonValue]:
    """Return the type in the form of Hugging Face's `Features`."""
    if kind == IMAGE:
        return {"_type": "Image"}
    if pa.types.is_list(kind):
        return {"_type": "List", "feature": _feature(kind.value_type)}
    names = {"float": "float32", "date32[day]": "date32"}
    return {"_type": "Value", "dtype": names.get(str(kind), str(kind))}
