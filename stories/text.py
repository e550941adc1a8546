"""Names of people and places as parts of file names: lower case, ASCII, and never two alike."""

import re
from collections.abc import Iterable

MAX_SLUG_BYTES = 100

_OUTSIDE = re.compile(r"[^a-z0-9_-]")
_DASHES = re.compile(r"-{2,}")


def slug(name: str, *, max_bytes: int = MAX_SLUG_BYTES) -> str:
    """The name in lower case with `-` for what is outside `[a-z0-9_-]`, collapsed, trimmed, and `unnamed` when empty.

    The rule is that of the vendor's client, so that its users find the files they expect.
    """
    dashed = _DASHES.sub("-", _OUTSIDE.sub("-", name.lower()))
    return dashed.strip("-")[:max_bytes].rstrip("-") or "unnamed"


def unique_slugs(names: Iterable[str]) -> list[str]:
    """The slug of each name in order; a slug that is taken already gets `-2`, `-3` and so on."""
    taken: set[str] = set()
    slugs = []
    for name in names:
        plain = chosen = slug(name)
        number = 1
        while chosen in taken:
            number += 1
            suffix = f"-{number}"
            chosen = plain[: MAX_SLUG_BYTES - len(suffix)].rstrip("-") + suffix
        taken.add(chosen)
        slugs.append(chosen)
    return slugs
