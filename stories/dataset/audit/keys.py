"""The audit of a target's keys: each must be accounted for by a record, by a story, or by this program's layout."""

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
"""Keys that the program itself writes beside images and parts."""


@dataclass(frozen=True)
class KnownRecords:
    """The records that account for keys: the two logs, and the stories that are under way."""

    commits: Collection[Commit]
    replacements: tuple[Replacement, ...]
    committed: Container[str]
    under_way: Container[str]
    """Stories that the ledger knows; their files are there before their rows."""


async def audit_keys(store: Store, read_records: Callable[[], Awaitable[KnownRecords]], audit: Audit) -> None:
    """Find keys that no record names, and commits and replacements that were left unfinished.

    The folders of committed stories are left to `audit_story`. A key that seems unaccounted for is checked a second
    time, against records that are read again: a writer may have made its record meanwhile.
    """
    expected = _ExpectedKeys(await read_records())
    suspects = [stored.key async for stored in store.list("") if expected.fault_of(stored.key) is not None]
    if not suspects:
        return
    expected = _ExpectedKeys(await read_records())
    for key in suspects:
        fault = expected.fault_of(key)
        if fault is not None and await store.size_bytes(key) is not None:
            kind, message = fault
            audit.find(kind, key, message)


class _ExpectedKeys:
    def __init__(self, records: KnownRecords) -> None:
        self._records = records
        live = live_pairs([commit.parts for commit in records.commits], records.replacements)
        self._parts = {part.key for pair in live for part in pair.values()}
        self._replaced = replaced_keys(records.replacements)
        self._staged = {commit.staged for commit in records.commits} | {it.staged for it in records.replacements}

    def fault_of(self, key: str) -> tuple[FindingKind, str] | None:
        """Return kind and message of the key's fault; None if the key is accounted for."""
        if key in self._replaced or layout.is_read_barrier(key):
            return FindingKind.UNFINISHED, "its rows are in another part; a compaction or repair was not finished"
        if key in self._staged:
            return FindingKind.UNFINISHED, "recorded and not yet shown to readers; its process died, or is still busy"
        if key in self._parts or _OWN.fullmatch(key):
            return None
        if key.startswith(f"{layout.MANIFEST}/"):
            return FindingKind.EXTRA, "no record names it; readers that use a glob count its rows"
        if key.startswith(f"{layout.IMAGES}/"):
            story_id = key.split("/")[1]
            is_known = story_id in self._records.committed or story_id in self._records.under_way
            return None if is_known else (FindingKind.EXTRA, "it belongs to no story of this dataset")
        return FindingKind.EXTRA, "it does not belong to this dataset"
