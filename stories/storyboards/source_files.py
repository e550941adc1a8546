"""The files of a source, in path order, each opened as decompressed bytes."""

import io
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, Literal, cast

import pyarrow as pa
from fsspec import AbstractFileSystem

from stories.errors import SourceUnreadable, StoriesError
from stories.storage.location import Location, open_location
from stories.storage.storage_errors import storage_error

_log = logging.getLogger(__name__)

_FILE_NAME = re.compile(r"\.(?:(json|jsonl|ndjson)(?:\.(gz|zst))?|(parquet))\Z")
_GLOB = re.compile(r"[*?[]")
_CODECS: dict[str, Literal["gzip", "zstd"]] = {"gz": "gzip", "zst": "zstd"}
_BLOCK_BYTES = 8 * 1024 * 1024  # one read from an object store; the default of s3fs is 50 MB
_SUPPORTED_FILES = "storyboards are read from .json, .jsonl and .ndjson (plain, .gz or .zst) and .parquet"


class FileKind(StrEnum):
    """Layouts of a file: one storyboard, one on each line, or one in each row of a column."""

    JSON = "json"
    LINES = "jsonl"
    PARQUET = "parquet"


_KINDS = {"json": FileKind.JSON, "jsonl": FileKind.LINES, "ndjson": FileKind.LINES, "parquet": FileKind.PARQUET}


@dataclass(frozen=True)
class SourceFile:
    """A file of storyboards. `uri` is a path, or a URL without credentials, as a person would write it."""

    uri: str
    path: str
    kind: FileKind
    codec: Literal["gzip", "zstd"] | None
    filesystem: AbstractFileSystem = field(repr=False)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the file and decompress it as it is read; every failure in the block raises `SourceUnreadable`.

        Arrow decompresses, because it reports a truncated zstd file instead of ending early.
        """
        with _readable(self.uri), self.filesystem.open(self.path, "rb", block_size=_BLOCK_BYTES) as stored:
            if self.codec is None:
                yield io.BufferedReader(stored)
            else:
                with pa.CompressedInputStream(pa.PythonFile(stored, mode="r"), self.codec) as plain:
                    yield io.BufferedReader(cast("io.RawIOBase", plain))


def find_files(source: str, storage_options: Mapping[str, object] | None) -> list[SourceFile]:
    """Return the files of a path, URL, directory or glob, sorted by path; a directory includes its subdirectories.

    Directories and globs skip names with a leading dot and other kinds of files. Links to directories are not followed.
    Raises `SourceUnreadable` if the source is missing or cannot be read, and if a single file or the matches of a glob
    have no extension of a storyboard file.
    """
    location = open_location(source, refusal=SourceUnreadable, storage_options=storage_options)
    with _readable(location.url):
        types, is_directory = _listed(location)
    files = [file for path in sorted(types) if (file := _source_file(location, path)) is not None]
    if not files and not is_directory:
        raise SourceUnreadable(f"{location.url} names no storyboard file; {_SUPPORTED_FILES}")
    for file in files:
        _require_regular_file(file, types[file.path])
    if len(files) < len(types):
        _log.info("%s: %d other files are skipped; %s", location.url, len(types) - len(files), _SUPPORTED_FILES)
    return files


def _listed(location: Location) -> tuple[dict[str, str], bool]:
    """Return the type of every path of the source, and True if the source is a directory."""
    filesystem, path = location.filesystem, location.root
    try:
        info = filesystem.info(path)
    except FileNotFoundError:
        pattern = _GLOB.search(path)
        if pattern is None:
            raise
        return _visible(filesystem.glob(path, detail=True).values(), pattern.start() - 1), False
    if info["type"] != "directory":
        return {path: info["type"]}, False
    entries = _walked(path) if location.protocol == "file" else filesystem.find(path, detail=True).values()
    return _visible(entries, len(path)), True


def _walked(path: str) -> Iterator[Mapping[str, str]]:
    """Yield every path below a local directory; fsspec would silently skip directories that it may not list."""

    def stop(error: OSError) -> None:
        raise error

    for directory, _, names in os.walk(path, onerror=stop):
        yield from ({"name": f"{directory}/{name}", "type": "not looked at"} for name in names)


def _visible(entries: Iterable[Mapping[str, str]], start: int) -> dict[str, str]:
    """Return the types of the entries, without directories and without names past `start` with a leading dot."""
    return {
        entry["name"]: entry["type"]
        for entry in entries
        if entry["type"] != "directory" and "/." not in entry["name"][start:]
    }


def _source_file(location: Location, path: str) -> SourceFile | None:
    match = _FILE_NAME.search(path.lower())
    if match is None:
        return None
    bucket_url = location.url.removesuffix(location.root.partition("/")[2]).rstrip("/")
    uri = f"{bucket_url}/{path.partition('/')[2]}"
    return SourceFile(uri, path, _KINDS[match[1] or match[3]], _CODECS.get(match[2]), location.filesystem)


def _require_regular_file(file: SourceFile, type_in_listing: str) -> None:
    try:
        file.uri.encode()
    except UnicodeEncodeError as exc:
        raise SourceUnreadable(f"{file.uri!a}: the name is not UTF-8; rename the file") from exc
    if type_in_listing != "file":
        with _readable(file.uri):
            if file.filesystem.info(file.path)["type"] != "file":
                raise SourceUnreadable(f"{file.uri} is not a regular file; copy its content into one")


@contextmanager
def _readable(uri: str) -> Iterator[None]:
    """Translate the exceptions of file systems and of Arrow in the block into our own."""
    try:
        yield
    except StoriesError:
        raise
    except FileNotFoundError as exc:
        raise SourceUnreadable(f"{uri}: nothing is there; check the path, or the destination of the link") from exc
    except Exception as exc:
        if isinstance(exc, pa.ArrowException) or (type(exc) is OSError and exc.errno is None):  # Arrow's bare OSError
            raise SourceUnreadable(f"{uri} is damaged, or not in the format of its name: {str(exc)[:300]}") from exc
        raise storage_error(exc, url=uri, refusal=SourceUnreadable) from exc
