"""The exchange of parts for those that replace them, in front of readers who only know a glob.

The trap: a reader of `manifest/**/*.parquet` sees the new part and its sources both, and counts rows twice, or neither.
No object store changes two keys at once, so for the moment of the exchange no order of steps is right. What is possible
is that no reader is wrong without noticing. From the record on (`stories.dataset.log.replacements`):

1. a read barrier is placed: an object beside the parts whose name ends in `.parquet` and whose content is no Parquet
   file. A reader that lists the partition from here on stops with an error that names
   `…-compaction-under-way-read-again.parquet`;
2. the sources are removed. A reader that listed them before and opens them now stops as well: they are gone;
3. the new parts are created, the images first;
4. the read barrier is removed, and then the staged object.

At every instant a reader thus sees every row once, or an error; the barrier stays for one removal of each source. A
crash leaves the barrier in place until `finish_replacements`, with which every publish and every compaction begins,
does the rest; any process may, at any time and more than once. Readers of `metadata.parquet`, and of the parts that
`CommitLog.live_pairs` names, are not disturbed.
"""

import logging

from stories.dataset import layout
from stories.dataset.log.replacements import (
    Replacement,
    read_replacements,
    record_replacement,
    replaced_keys,
    show_part,
)
from stories.dataset.schema import Table
from stories.errors import TargetUnusable
from stories.failpoints import Failpoint, failpoint
from stories.storage.parallel_reads import read_many
from stories.storage.store import Store
from stories.strict_json import sha256_hex

READ_BARRIER = (
    b"The parts of this folder are being replaced. Read it again in a moment; if this stays: depicta dataset compact\n"
)

_REMOVALS_AT_ONCE = 16

_log = logging.getLogger(__name__)


async def replace_parts(store: Store, draft: Replacement, *, staged: bytes, retired: bytes) -> bool:
    """Record the replacement and exchange its parts; False if another process replaced one of the sources first.

    `staged` is the new parts in the order of `Table`; `retired` is kept aside until its retention has passed.
    """
    await store.create(draft.retired, retired)
    await store.create(draft.staged, staged)
    failpoint(Failpoint.COMPACT_STAGED)
    record = await record_replacement(store, draft)
    if record is None:
        await store.delete(draft.staged)
        await store.delete(draft.retired)
        return False
    failpoint(Failpoint.COMPACT_RECORDED)
    await exchange(store, record, staged)
    return True


async def finish_replacements(store: Store) -> None:
    """Finish exchanges that were recorded and not completed, and remove parts that a late process put back."""
    staged = {stored.key async for stored in store.list(layout.REPLACEMENTS)}
    if not staged:
        return
    replacements = await read_replacements(store)  # after the listing, so that every record made before it is known
    for replacement in replacements:
        if replacement.staged in staged and (content := await store.read(replacement.staged)) is not None:
            await exchange(store, replacement, content)
    await _remove_strays(store)


async def exchange(store: Store, replacement: Replacement, staged: bytes) -> None:
    """Do steps 1 to 4; `staged` is the new parts in the order of `Table`."""
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
    async def remove(key: str) -> None:
        await store.delete(key)
        failpoint(Failpoint.COMPACT_SOURCE_REMOVED)

    keys = [part.key for pair in replacement.sources for part in pair.values()]
    await read_many(remove, keys, at_once=_REMOVALS_AT_ONCE)


async def _remove_strays(store: Store) -> None:
    """Remove replaced parts and read barriers that a process put back which slept through the exchange."""
    listed = [stored.key async for stored in store.list(layout.MANIFEST)]
    replacements = await read_replacements(store)
    unfinished = {stored.key async for stored in store.list(layout.REPLACEMENTS)}
    done = [it for it in replacements if it.staged not in unfinished]
    barriers = {layout.read_barrier_key(part.key) for it in done for part in it.parts.values()}
    for key in (replaced_keys(done) | barriers).intersection(listed):
        _log.info("removing %s, whose rows are in another part", key)
        await store.delete(key)


def _split(replacement: Replacement, staged: bytes, url: str) -> dict[Table, bytes]:
    contents: dict[Table, bytes] = {}
    start = 0
    for table in Table:
        part = replacement.parts[table]
        contents[table] = staged[start : start + part.size_bytes]
        start += part.size_bytes
        if sha256_hex(contents[table]) != part.sha256:
            raise TargetUnusable(f"{url}: {replacement.staged} has other bytes than its record names; restore it")
    return contents
