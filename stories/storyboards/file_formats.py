"""File formats of storyboards: JSON, JSON lines and Parquet, read with only a few storyboards in memory."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from stories.api.wire import MAX_STORYBOARD_BYTES
from stories.errors import SourceUnreadable
from stories.storyboards.source_files import FileKind, SourceFile
from stories.storyboards.validation import Problem

_log = logging.getLogger(__name__)

MAX_TEXT_BYTES = 4 * MAX_STORYBOARD_BYTES  # room for indentation and escapes, which the canonical form drops
_TOO_LONG = Problem(
    "",
    f"has more than {MAX_TEXT_BYTES:,} bytes of text",
    f"shorten it: at most {MAX_STORYBOARD_BYTES:,} bytes can be sent, without indentation",
)
_ROWS_AT_ONCE = 64
_SKIPPED_AT_ONCE_BYTES = 64 * 1024
_PARQUET_BUFFER_BYTES = 1024 * 1024


@dataclass(frozen=True)
class StoryboardText:
    """The text of a storyboard, or the problem of reading it. Lines and rows count from 1 in `uri`: `path#line`."""

    uri: str
    content: bytes | Problem


def read_texts(file: SourceFile, *, column: str) -> Iterator[StoryboardText]:
    """Return the texts of a file in order; blank lines and empty files hold none. Raises `SourceUnreadable`."""
    match file.kind:
        case FileKind.JSON:
            return _whole(file)
        case FileKind.LINES:
            return _lines(file)
        case FileKind.PARQUET:
            return _rows(file, column)


def _whole(file: SourceFile) -> Iterator[StoryboardText]:
    with file.open() as stream:
        content = stream.read(MAX_TEXT_BYTES + 1)
    if content.strip():
        yield StoryboardText(file.uri, content if len(content) <= MAX_TEXT_BYTES else _TOO_LONG)
    else:
        _log.warning("%s is empty", file.uri)


def _lines(file: SourceFile) -> Iterator[StoryboardText]:
    with file.open() as stream:
        number = 0
        while line := stream.readline(MAX_TEXT_BYTES + 1):
            number += 1
            if len(line) > MAX_TEXT_BYTES and not line.endswith(b"\n"):
                _skip_to_line_end(stream)
                yield StoryboardText(f"{file.uri}#{number}", _TOO_LONG)
            elif line.strip():
                yield StoryboardText(f"{file.uri}#{number}", line.rstrip(b"\r\n"))


def _skip_to_line_end(stream: BinaryIO) -> None:
    while (piece := stream.readline(_SKIPPED_AT_ONCE_BYTES)) and not piece.endswith(b"\n"):
        pass


def _rows(file: SourceFile, column: str) -> Iterator[StoryboardText]:
    with file.open() as stream:
        if not stream.read(1):
            _log.warning("%s is empty", file.uri)
            return
        table = pq.ParquetFile(stream, buffer_size=_PARQUET_BUFFER_BYTES, pre_buffer=False)
        _require_text_column(file, table.schema_arrow, column)
        number = 0
        for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE, columns=[column]):
            for cell in batch.column(0):
                number += 1
                yield StoryboardText(f"{file.uri}#{number}", _cell_content(cell))


def _require_text_column(file: SourceFile, schema: pa.Schema, column: str) -> None:
    if column not in schema.names:
        names = ", ".join(schema.names[:20]) or "none"
        raise SourceUnreadable(f"{file.uri} has no column {column!r}; its columns are: {names}")
    kind = schema.field(column).type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise SourceUnreadable(f"{file.uri}: column {column!r} holds {kind}; it must hold JSON as text")


def _cell_content(cell: pa.StringScalar) -> bytes | Problem:
    """Return the stored bytes, because Arrow does not check that a text is UTF-8 when it reads a file."""
    if not cell.is_valid:
        return Problem("", "is null", "give the row a storyboard, or remove it")
    buffer = cell.as_buffer()
    return buffer.to_pybytes() if buffer.size <= MAX_TEXT_BYTES else _TOO_LONG
