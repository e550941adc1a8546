"""What each key of a target is there for: a file that nothing accounts for is a finding."""

import re
from collections.abc import Awaitable, Callable, Collection, Container
from dataclasses import dataclass

from stories.dataset import layout
from stories.dataset.audit.findings import Audit, FindingKind
from stories.dataset.log.commits import Commit
from stories.dataset.log.replacements import Replacement, live_pairs, replaced_keys
from stories.storage.store import Store

_OWN = re.compile(
    r"""README\.md | metadata\.parquet
    | (?:gallery|export)/.+
    | (?:manifest/)?_delta_log/.+
    | _meta/dataset\.json
    | _meta/(?:commits|replacements)/\d{12}\.json
    | _meta/(?:staging|replacements|retired)/\d{8}T\d{6}Z_[A-Za-z0-9._-]+\.parts
    | _meta/(?:ledger|runs|thumbnails|gallery|iceberg)/.+
    | _meta/deadletter/[^/]+\.jsonl""",
    re.VERBOSE,
)
"""What the program itself puts beside images and parts."""


@dataclass(frozen=True)
class Books:
    """All that accounts for keys: the two logs, and the stories that are under way."""

    commits: Collection[Commit]
    replacements: tuple[Replacement, ...]
    committed: Container[str]
    under_way: Container[str]
    """Stories that the ledger knows; their files are there before their rows."""


async def account_for_keys(store: Store, read_books: Callable[[], Awaitable[Books]], audit: Audit) -> None:
    """Find keys that nothing names, and commits and compactions that were left unfinished.

    The folders of committed stories are left to `audit_story`. What a first look does not account for is looked up
    again: a writer may have recorded it since.
    """
    ledgers = _Ledgers(await read_books())
    suspects = [stored.key async for stored in store.list("") if ledgers.fault_of(stored.key) is not None]
    if not suspects:
        return
    ledgers = _Ledgers(await read_books())
    for key in suspects:
        found = ledgers.fault_of(key)
        if found is not None and await store.size_bytes(key) is not None:
            audit.find(found[0], key, found[1])


class _Ledgers:
    def __init__(self, books: Books) -> None:
        self._books = books
        live = live_pairs([commit.parts for commit in books.commits], books.replacements)
        self._parts = {part.key for pair in live for part in pair.values()}
        self._replaced = replaced_keys(books.replacements)
        self._recorded = {commit.staged for commit in books.commits} | {it.staged for it in books.replacements}

    def fault_of(self, key: str) -> tuple[FindingKind, str] | None:
        if key in self._replaced or layout.is_read_barrier(key):
            return FindingKind.UNFINISHED, "its rows are in a merged part; a compaction did not get to its end"
        if key in self._recorded:
            return FindingKind.UNFINISHED, "recorded, and not shown to readers yet; its process died, or is at it"
        if key in self._parts or _OWN.fullmatch(key):
            return None
        if key.startswith(f"{layout.MANIFEST}/"):
            return FindingKind.EXTRA, "no record names it; who reads by a glob counts its rows"
        if key.startswith(f"{layout.IMAGES}/"):
            story_id = key.split("/")[1]
            is_known = story_id in self._books.committed or story_id in self._books.under_way
            return None if is_known else (FindingKind.EXTRA, "of no story that this dataset knows")
        return FindingKind.EXTRA, "not of this dataset"
