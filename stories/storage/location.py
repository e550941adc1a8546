"""Locations: the URL of a source or target as a file system and a path in it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import fsspec
from fsspec import AbstractFileSystem

from stories.errors import PermanentError
from stories.storage.storage_errors import storage_error
from stories.text import hide_credentials

_SPELLINGS = {"file": ["file"], "s3": ["s3", "s3a"], "gs": ["gs", "gcs"], "az": ["az", "abfs", "abfss"]}
_PROTOCOLS = {scheme: protocol for protocol, schemes in _SPELLINGS.items() for scheme in schemes}
_EXTRAS = {"s3": "s3", "gs": "gcs", "az": "azure"}
_ALLOWED = "a local path, file://, s3://, gs:// or az://"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(//)?")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]+")
_AZURE_HOST = re.compile(r"([a-z0-9]+)\.(?:dfs|blob)\.core\.windows\.net")


@dataclass(frozen=True)
class Location:
    """A place to read storyboards from or to write a dataset to."""

    url: str
    """Normalized and without credentials; the absolute path of a local place."""
    protocol: str
    """`file`, `s3`, `gs` or `az`."""
    root: str
    """Path within the file system: an absolute path, or the bucket and the prefix."""
    filesystem: AbstractFileSystem
    """An instance of its own, whose listings are never cached."""


def open_location(
    url: str,
    *,
    refusal: type[PermanentError],
    storage_options: Mapping[str, object] | None = None,
    parallel_calls: int = 32,
) -> Location:
    """Open the place at `url`; nothing is read or written yet.

    Raises `refusal` for a URL that is chained (`::`), has credentials, a query, `..`, another scheme or no bucket, or
    names the root directory or the home directory itself. Glob characters are left to the caller. Credentials come
    from the environment as each cloud's own tools read it, unless `storage_options` name them.
    """
    try:
        place = _parse(url)
    except ValueError as exc:
        raise refusal(f"{hide_credentials(url)!r}: {exc}") from exc
    options: dict[str, object] = {"use_listings_cache": False, "skip_instance_cache": True}
    if place.protocol == "s3":
        # One GET for one object: read in ranges, an object that is replaced meanwhile would be a mixture of both.
        options |= {"max_concurrency": 1, "config_kwargs": {"max_pool_connections": parallel_calls}}
    if place.account:
        options["account_name"] = place.account
    try:
        filesystem = fsspec.filesystem(place.protocol, **{**options, **(storage_options or {})})
    except ImportError as exc:
        raise refusal(f"{place.url}: run  pip install 'depicta-stories[{_EXTRAS[place.protocol]}]'  ({exc})") from exc
    except Exception as exc:
        raise storage_error(exc, url=place.url, refusal=refusal) from exc
    return Location(place.url, place.protocol, place.root, filesystem)


class _Place(NamedTuple):
    protocol: str
    root: str
    url: str
    account: str | None = None


def _parse(url: str) -> _Place:
    """Apply the rules; raises `ValueError` with the reason and, where there is one, the remedy."""
    if not url.strip():
        raise ValueError(f"it is empty; give {_ALLOWED}")
    if url != url.strip() or not url.isprintable():
        raise ValueError("it has white space at an end or control characters; remove them")
    if "::" in url:
        raise ValueError(f"chained URLs (::) are not opened; give {_ALLOWED}")
    match = _SCHEME.match(url)
    if match is None:
        return _local(url)
    scheme, rest = match[1].lower(), url[match.end() :]
    if scheme not in _PROTOCOLS:
        raise ValueError(f"{scheme}: is not supported; give {_ALLOWED}")
    if match[2] is None:
        raise ValueError(f"write {scheme}:// with two slashes, or ./ in front of a local path with a colon")
    if scheme == "file":
        path = unquote(rest.removeprefix("localhost"))
        if not path.startswith("/"):
            raise ValueError("file:// takes an absolute path: file:///data/stories")
        return _local(path)
    return _object_store(_PROTOCOLS[scheme], rest)


def _local(text: str) -> _Place:
    try:
        path = str(Path(text).expanduser())
    except RuntimeError as exc:
        raise ValueError(f"there is no such home directory: {exc}") from exc
    absolute = "/" + os.path.abspath(path).lstrip("/")  # noqa: PTH100 - Path.absolute() keeps `..`, resolve() follows links
    if ".." in Path(path).parts:
        raise ValueError(f"'..' is refused; write {absolute}")
    if text.startswith("~") and len(Path(text).parts) == 1:
        raise ValueError("the home directory itself is refused; name a directory in it: ~/stories")
    if absolute == "/":
        raise ValueError("the root directory is refused; name a directory below it")
    return _Place("file", absolute, absolute)


def _object_store(protocol: str, rest: str) -> _Place:
    authority, _, path = rest.partition("/")
    bucket, at, host = authority.partition("@")
    account = _AZURE_HOST.fullmatch(host) if protocol == "az" else None
    if at and (account is None or ":" in bucket):
        raise ValueError("it holds credentials; remove them and set them in the environment")
    if re.search(r"[?][^/]*=", rest):
        raise ValueError("it has a query; remove it, and set credentials in the environment")
    if not bucket:
        raise ValueError(f"the bucket is missing; write {protocol}://bucket/path")
    if not _BUCKET.fullmatch(bucket):
        raise ValueError(
            f"{bucket!r} is not the name of a bucket; an endpoint is set in the environment (AWS_ENDPOINT_URL)"
        )
    segments = [segment for segment in path.split("/") if segment not in {"", "."}]
    if ".." in segments:
        raise ValueError("'..' is refused; write the path without it")
    root = "/".join([bucket, *segments])
    if account is None:
        return _Place(protocol, root, f"{protocol}://{root}")
    return _Place(protocol, root, "/".join([f"abfss://{bucket}@{host}", *segments]), account[1])
