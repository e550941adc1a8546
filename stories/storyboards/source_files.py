"""The files of a source: found, put in order, and opened as plain bytes whatever their compression."""

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

logger = logging.getLogger(__name__)

_FILE_NAME = re.compile(r"\.(?:(json|jsonl|ndjson)(?:\.(gz|zst))?|(parquet))\Z")
_GLOB = re.compile(r"[*?[]")
_CODECS: dict[str, Literal["gzip", "zstd"]] = {"gz": "gzip", "zst": "zstd"}
_BLOCK_BYTES = 8 * 1024 * 1024  # of an object store at once; the default of s3fs is 50 MB
_WHAT_IS_READ = "storyboards are read from .json, .jsonl and .ndjson (plain, .gz or .zst) and .parquet"


class FileKind(StrEnum):
    """How a file holds storyboards: one, one a line, or one in each row of a column."""

    JSON = "json"
    LINES = "jsonl"
    PARQUET = "parquet"


_KINDS = {"json": FileKind.JSON, "jsonl": FileKind.LINES, "ndjson": FileKind.LINES, "parquet": FileKind.PARQUET}


@dataclass(frozen=True)
class SourceFile:
    """A file that holds storyboards. `uri` is as a person would write it: a path, or a URL without credentials."""

    uri: str
    path: str
    kind: FileKind
    codec: Literal["gzip", "zstd"] | None
    filesystem: AbstractFileSystem = field(repr=False)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The content, decompressed as it is read; every failure inside raises `SourceUnreadable`.

        Arrow decompresses, for it is the one that reports a truncated zstd file instead of ending early.
        """
        with _readable(self.uri), self.filesystem.open(self.path, "rb", block_size=_BLOCK_BYTES) as stored:
            if self.codec is None:
                yield io.BufferedReader(stored)
            else:
                with pa.CompressedInputStream(pa.PythonFile(stored, mode="r"), self.codec) as plain:
                    yield io.BufferedReader(cast("io.RawIOBase", plain))


def find_files(source: str, storage_options: Mapping[str, object] | None) -> list[SourceFile]:
    """The files of a path, URL, directory or glob, sorted by path. A directory means every such file beneath it.

    Names with a leading dot are left out of a directory and of a glob's stars, as are other kinds of file; links to
    directories are not followed.
    Raises `SourceUnreadable` for what is not there or cannot be read, and for a single file or a glob that holds no
    storyboards by its names.
    """
    location = open_location(source, refusal=SourceUnreadable, storage_options=storage_options)
    with _readable(location.url):
        types, is_directory = _listed(location)
    files = [file for path in sorted(types) if (file := _source_file(location, path)) is not None]
    if not files and not is_directory:
        raise SourceUnreadable(f"{location.url} names no file of storyboards; {_WHAT_IS_READ}")
    for file in files:
        _require_regular_file(file, types[file.path])
    if len(files) < len(types):
        logger.info("%s: %d other files are left alone; %s", location.url, len(types) - len(files), _WHAT_IS_READ)
    return files


def _listed(location: Location) -> tuple[dict[str, str], bool]:
    """The type of every path that the source means, and whether it is a directory."""
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
    beneath = _walked(path) if location.protocol == "file" else filesystem.find(path, detail=True).values()
    return _visible(beneath, len(path)), True


def _walked(path: str) -> Iterator[Mapping[str, str]]:
    """Every path beneath a local directory; fsspec would leave out, without a word, what it may not list."""

    def stop(error: OSError) -> None:
        raise error

    for directory, _, names in os.walk(path, onerror=stop):
        yield from ({"name": f"{directory}/{name}", "type": "not looked at"} for name in names)


def _visible(texts: Iterable[Mapping[str, str]], start: int) -> dict[str, str]:
    """The types of the entries that are no directory and have no leading dot in a name past `start` of their path."""
    return {
        text["name"]: text["type"] for text in texts if text["type"] != "directory" and "/." not in text["name"][start:]
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
                raise SourceUnreadable(f"{file.uri} is no regular file; copy what it delivers into one")


@contextmanager
def _readable(uri: str) -> Iterator[None]:
    """The one place where the exceptions of file systems and of Arrow become our own."""
    try:
        yield
    except StoriesError:
        raise
    except FileNotFoundError as exc:
        raise SourceUnreadable(f"{uri}: nothing is there; check the path, or what the link points to") from exc
    except Exception as exc:
        if isinstance(exc, pa.ArrowException) or (type(exc) is OSError and exc.errno is None):  # Arrow's bare OSError
            raise SourceUnreadable(f"{uri} is damaged, or not what its name says: {str(exc)[:300]}") from exc
        raise storage_error(exc, url=uri, refusal=SourceUnreadable) from exc
