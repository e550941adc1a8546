"""Small parts exchanged for the large one that they were merged into, in front of readers who only know a glob.

The trap: whoever reads `manifest/**/*.parquet` sees the merged part and its sources both, and counts rows twice, or
neither. No object store changes two keys at once, so for the moment of the exchange no order of steps is right. What
can be had is that no reader is wrong without noticing. From the record on (`stories.dataset.log.replacements`):

1. a curtain is drawn: an object beside the parts that ends in `.parquet` and is none. Whoever lists the partition from
   here on stops with an error that names it, `…-compaction-under-way-read-again.parquet`;
2. the sources are removed. Whoever listed them before and opens them now stops as well: they are gone;
3. the merged parts are created, the images first;
4. the curtain is removed, and then the staged object.

At every instant a reader thus sees every row once, or an error; behind the curtain it is a matter of one removal for
each source. A crash leaves the curtain drawn until `finish_replacements`, with which every publish and every compaction
begins, does the rest; anybody may, at any time and more than once. Readers of `metadata.parquet`, and of the parts that
`CommitLog.live_pairs` names, are not disturbed.
"""

import asyncio
import logging

from stories.dataset import layout
from stories.dataset.log.replacements import Replacement, read_replacements, replaced_keys, show_part
from stories.dataset.schema import Table
from stories.errors import TargetUnusable
from stories.failpoints import Failpoint, failpoint
from stories.storage.store import Store
from stories.strict_json import sha256_hex

READ_BARRIER = (
    b"The parts of this folder are being merged. Read it again in a moment; if this stays: depicta dataset compact\n"
)

_PARALLEL_REMOVALS = 16

_log = logging.getLogger(__name__)


async def finish_replacements(store: Store) -> None:
    """Finish what dead processes have recorded and not shown, and remove what a late one put back."""
    staged = {stored.key async for stored in store.list(layout.REPLACEMENTS)}
    if not staged:
        return
    replacements = await read_replacements(store)  # after the listing: whatever was recorded by then is known
    for replacement in replacements:
        if replacement.staged in staged and (content := await store.read(replacement.staged)) is not None:
            await exchange(store, replacement, content)
    await _remove_strays(store)


async def exchange(store: Store, replacement: Replacement, staged: bytes) -> None:
    """Steps 1 to 4; `staged` is the merged parts in the order of `Table`."""
    contents = _split(replacement, staged, store.url)
    barriers = [layout.read_barrier_key(part.key) for part in replacement.parts.values()]
    for barrier in barriers:
        await store.publish(barrier, READ_BARRIER)
        failpoint(Failpoint.COMPACT_BARRIER_PLACED)
    await _remove_sources(store, replacement)
    for table, content in contents.items():
        await show_part(store, replacement.parts[table], content)
        failpoint(Failpoint.COMPACT_PART_SHOWN)
    for barrier in barriers:
        await store.delete(barrier)
        failpoint(Failpoint.COMPACT_BARRIER_REMOVED)
    failpoint(Failpoint.COMPACT_SHOWN)
    await store.delete(replacement.staged)


async def _remove_sources(store: Store, replacement: Replacement) -> None:
    slots = asyncio.Semaphore(_PARALLEL_REMOVALS)

    async def remove(key: str) -> None:
        async with slots:
            await store.delete(key)
            failpoint(Failpoint.COMPACT_SOURCE_REMOVED)

    await asyncio.gather(*(remove(part.key) for pair in replacement.sources for part in pair.values()))


async def _remove_strays(store: Store) -> None:
    """Parts and curtains that a process put back which slept through all of this; their rows are in merged parts."""
    listed = [stored.key async for stored in store.list(layout.MANIFEST)]
    replacements = await read_replacements(store)
    unfinished = {stored.key async for stored in store.list(layout.REPLACEMENTS)}
    done = [it for it in replacements if it.staged not in unfinished]
    barriers = {layout.read_barrier_key(part.key) for it in done for part in it.parts.values()}
    for key in (replaced_keys(done) | barriers).intersection(listed):
        _log.info("removing %s, which was merged into another part", key)
        await store.delete(key)


def _split(replacement: Replacement, staged: bytes, url: str) -> dict[Table, bytes]:
    contents: dict[Table, bytes] = {}
    start = 0
    for table in Table:
        part = replacement.parts[table]
        contents[table] = staged[start : start + part.size_bytes]
        start += part.size_bytes
        if sha256_hex(contents[table]) != part.sha256:
            raise TargetUnusable(f"{url}: {replacement.staged} is not what its record promises; restore it")
    return contents
