"""Small parts of a date merged into large ones, which every engine opens many times faster."""

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
from stories.dataset.log.exchange import exchange, finish_replacements
from stories.dataset.log.replacements import (
    PartPair,
    Replacement,
    create_replacement,
    live_pairs,
    read_replacements,
    replaced_keys,
)
from stories.dataset.parts import CommittedPart, PartContent, build_part, read_part
from stories.dataset.schema import Table
from stories.errors import TargetUnusable
from stories.failpoints import Failpoint, failpoint
from stories.storage.store import Store
from stories.strict_json import sha256_hex

TARGET_BYTES = 128 * 1024 * 1024
"""What a merged pair of parts comes to at most, so that any machine can make it in memory."""
RETENTION = timedelta(days=7)
"""How long merged parts are kept aside."""

_PARALLEL_READS = 8

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Compacted:
    """What a compaction came to, in pairs of parts: one of the images, one of the stories."""

    merged: int = 0
    into: int = 0
    expired: int = 0
    """Earlier merged pairs, kept aside until now, that were removed."""

    def plus(self, *, merged: int) -> "Compacted":
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
    """Merge the parts of each date until none can be merged; any number may, beside any number of writers.

    `new_nonce` gives a random text of `[A-Za-z0-9]`, another on every call. Raises `TargetUnusable` for a part that is
    not what its record promises: what is damaged is never merged.
    """
    await log.recover()
    await finish_replacements(store)
    done = Compacted()
    while group := next_group(await _mergeable(store, log), target_bytes):
        if await _replace(store, group, clock.now(), new_nonce()):
            done = done.plus(merged=len(group))
            on_progress(done)
    return replace(done, expired=await _remove_retired(store, clock.now(), retention))


def next_group(pairs: Iterable[PartPair], target_bytes: int) -> tuple[PartPair, ...]:
    """The pairs that are merged next: of one date, at least two, together no larger than the target; else none."""
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
    """The live pairs that are there whole, without those that a writer is about to show."""
    staged = {stored.key async for stored in store.list(layout.STAGING)}
    listed = {stored.key async for stored in store.list(layout.MANIFEST)}
    replacements = await read_replacements(store)
    shown = [commit.parts for commit in await log.commits() if commit.staged not in staged]
    return tuple(pair for pair in live_pairs(shown, replacements) if all(part.key in listed for part in pair.values()))


async def _replace(store: Store, group: Sequence[PartPair], now: datetime, nonce: str) -> bool:
    """Merge the pairs, record it and exchange them; False when another process has merged one of them by then."""
    contents = await _read_sources(store, group)
    if contents is None:
        return False
    merged = await asyncio.to_thread(merged_parts, contents)
    draft = Replacement(
        version=0,
        nonce=nonce,
        replaced_at=now,
        staged=layout.replacement_staged_key(now, nonce),
        retired=layout.retired_key(now, nonce),
        sources=tuple(group),
        parts={table: _described(group[0][table].key, nonce, part) for table, part in merged.items()},
    )
    staged = b"".join(merged[table].content for table in Table)
    await store.create(draft.retired, b"".join(content[table] for content in contents for table in Table))
    await store.create(draft.staged, staged)
    failpoint(Failpoint.COMPACT_STAGED)
    own = {part.key for pair in group for part in pair.values()}
    while replaced_keys(known := await read_replacements(store)).isdisjoint(own):
        record = replace(draft, version=max((it.version for it in known), default=0) + 1)
        if await create_replacement(store, record):
            failpoint(Failpoint.COMPACT_RECORDED)
            await exchange(store, record, staged)
            return True
    await store.delete(draft.staged)
    await store.delete(draft.retired)
    return False


async def _read_sources(store: Store, group: Sequence[PartPair]) -> list[dict[Table, bytes]] | None:
    """The bytes of all sources; None when one is gone, merged by another process."""
    slots = asyncio.Semaphore(_PARALLEL_READS)

    async def read(part: CommittedPart) -> bytes | None:
        async with slots:
            content = await store.read(part.key)
        if content is not None and sha256_hex(content) != part.sha256:
            raise TargetUnusable(
                f"{store.url}: {part.key} is not what its record promises; run: depicta dataset verify"
            )
        return content

    found = await asyncio.gather(*(read(pair[table]) for pair in group for table in Table))
    contents = [content for content in found if content is not None]
    if len(contents) < len(found):
        return None
    tables = len(Table)
    return [
        dict(zip(Table, contents[start : start + tables], strict=True)) for start in range(0, len(contents), tables)
    ]


def merged_parts(contents: Sequence[dict[Table, bytes]]) -> dict[Table, PartContent]:
    """The rows of all these pairs as one pair; equal contents give equal bytes."""
    return {
        table: build_part(pa.concat_tables(read_part(content[table], table) for content in contents), table)
        for table in Table
    }


def _described(source_key: str, nonce: str, part: PartContent) -> CommittedPart:
    return CommittedPart(layout.merged_key(source_key, nonce), part.rows, len(part.content), part.sha256)


async def _remove_retired(store: Store, now: datetime, retention: timedelta) -> int:
    """Remove parts kept aside for long enough, and what compactions left that died before their record."""
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
