"""The syntax of keys: safe as file names everywhere, and in URLs without escaping."""

import re

MAX_KEY_BYTES = 900
TEMPORARY_PREFIX = ".tmp-"
"""Start of the last segment of temporary objects, which listings leave out."""
_SEGMENT = re.compile(r"[A-Za-z0-9._=-]+", re.ASCII)


def check_key(key: str) -> None:
    """Raise `ValueError` unless `key` is relative, has plain segments between its `/`, and is at most 900 bytes long.

    Keys are made by this system from ids, slugs and hashes, so a bad one is a programming error and never user input.
    S3 stops at 1,024 bytes: the rest is left to the prefix of the target.
    """
    if len(key) > MAX_KEY_BYTES:
        raise ValueError(f"the key {key[:80]!r}… is longer than {MAX_KEY_BYTES} bytes")
    for segment in key.split("/"):
        if segment in {".", ".."} or not _SEGMENT.fullmatch(segment):
            raise ValueError(f"the key {key!r} has the segment {segment!r}; a segment is made of A-Z a-z 0-9 . _ = -")
