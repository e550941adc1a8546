"""Compaction: small parts of a date merged into large ones, which every engine opens many times faster."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pyarrow as pa

from stories.clock import Clock
from stories.dataset import layout
from stories.dataset.log.commits import ABANDONED_AFTER, CommitLog
from stories.dataset.log.exchange import finish_replacements, replace_parts
from stories.dataset.log.replacements import PartPair, draft_replacement, live_pairs, read_replacements
from stories.dataset.parts import CommittedPart, PartContent, build_part, read_part
from stories.dataset.schema import Table
from stories.errors import TargetUnusable
from stories.storage.parallel_reads import read_many
from stories.storage.store import Store
from stories.strict_json import sha256_hex

TARGET_BYTES = 128 * 1024 * 1024
"""Upper bound of a merged pair of parts, so that any machine can build it in memory."""
RETENTION = timedelta(days=7)
"""How long replaced parts are kept aside."""

_READS_AT_ONCE = 8

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Compacted:
    """The result of a compaction in pairs of parts: one part of the images, one of the stories."""

    merged: int = 0
    into: int = 0
    expired: int = 0
    """Pairs replaced earlier whose retention has passed, and which were removed for good."""

    def plus(self, *, merged: int) -> "Compacted":
        """Return the result with so many more pairs merged into one."""
        return replace(self, merged=self.merged + merged, into=self.into + 1)


async def compact(
    store: Store,
    log: CommitLog,
    clock: Clock,
    new_nonce: Callable[[], str],
    *,
    retention: timedelta = RETENTION,
    target_bytes: int = TARGET_BYTES,
    on_progress: Callable[[Compacted], None] = lambda _done: None,
) -> Compacted:
    """Merge the parts of each date until none can be merged; safe beside other compactions and any writers.

    `new_nonce` returns a random text of `[A-Za-z0-9]`, a different one on every call. Raises `TargetUnusable` for a
    part with other bytes than its record names: a damaged part is never merged.
    """
    await log.recover()
    await finish_replacements(store)
    done = Compacted()
    while group := next_group(await _mergeable(store, log), target_bytes):
        if await _merge(store, group, clock.now(), new_nonce()):
            done = done.plus(merged=len(group))
            on_progress(done)
    return replace(done, expired=await _remove_retired(store, clock.now(), retention))


def next_group(pairs: Iterable[PartPair], target_bytes: int) -> tuple[PartPair, ...]:
    """Return the pairs to merge next: at least two of one date, together at most `target_bytes`; or none."""
    by_date: dict[str, list[PartPair]] = defaultdict(list)
    for pair in pairs:
        by_date[layout.partition_of(pair[Table.IMAGES].key)].append(pair)
    for _, of_date in sorted(by_date.items()):
        group: list[PartPair] = []
        left = target_bytes
        for pair in sorted(of_date, key=_size_bytes):
            left -= _size_bytes(pair)
            if left < 0:
                break
            group.append(pair)
        if len(group) > 1:
            return tuple(group)
    return ()


def _size_bytes(pair: PartPair) -> int:
    return sum(part.size_bytes for part in pair.values())


async def _mergeable(store: Store, log: CommitLog) -> tuple[PartPair, ...]:
    """Return the live pairs of which both parts are there, without those that a writer is about to show."""
    staged = {stored.key async for stored in store.list(layout.STAGING)}
    listed = {stored.key async for stored in store.list(layout.MANIFEST)}
    replacements = await read_replacements(store)
    shown = [commit.parts for commit in await log.commits() if commit.staged not in staged]
    return tuple(pair for pair in live_pairs(shown, replacements) if all(part.key in listed for part in pair.values()))


async def _merge(store: Store, group: Sequence[PartPair], now: datetime, nonce: str) -> bool:
    """Replace the pairs by one; False if another process replaced one of them first."""
    contents = await _read_sources(store, group)
    if contents is None:
        return False
    merged = await asyncio.to_thread(merged_parts, contents)
    return await replace_parts(
        store,
        draft_replacement(group, merged, word="merged", now=now, nonce=nonce),
        staged=b"".join(merged[table].content for table in Table),
        retired=b"".join(content[table] for content in contents for table in Table),
    )


async def _read_sources(store: Store, group: Sequence[PartPair]) -> list[dict[Table, bytes]] | None:
    """Return the bytes of all sources; None if one is gone because another process merged it."""

    async def read(part: CommittedPart) -> bytes | None:
        content = await store.read(part.key)
        if content is not None and sha256_hex(content) != part.sha256:
            raise TargetUnusable(
                f"{store.url}: {part.key} has other bytes than its record names; run: depicta dataset verify --repair"
            )
        return content

    parts = [pair[table] for pair in group for table in Table]
    found = await read_many(read, parts, at_once=_READS_AT_ONCE)
    contents = [content for content in found if content is not None]
    if len(contents) < len(found):
        return None
    tables = len(Table)
    return [
        dict(zip(Table, contents[start : start + tables], strict=True)) for start in range(0, len(contents), tables)
    ]


def merged_parts(contents: Sequence[dict[Table, bytes]]) -> dict[Table, PartContent]:
    """Return the rows of all these pairs as one pair."""
    return {
        table: build_part(pa.concat_tables(read_part(content[table], table) for content in contents), table)
        for table in Table
    }


async def _remove_retired(store: Store, now: datetime, retention: timedelta) -> int:
    """Remove parts whose retention has passed, and objects that processes left which died before their record."""
    known = await read_replacements(store)
    expiry = {it.retired: it.replaced_at + retention for it in known}
    recorded = {it.staged for it in known}
    expired = 0
    for prefix in (layout.REPLACEMENTS, layout.RETIRED):
        for key in [stored.key async for stored in store.list(prefix)]:
            since = layout.set_aside_at(key)
            if since is None or key in recorded:
                continue
            if now > expiry.get(key, since + ABANDONED_AFTER):
                _log.info("removing %s", key)
                await store.delete(key)
                expired += key in expiry
    return expired
