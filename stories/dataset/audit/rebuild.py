"""Sidecars and parts built again from the rest of the dataset.

A part cannot be rebuilt byte for byte: another version of pyarrow, or of this program, writes other bytes for the same
rows, and then never reaches the hash that the log records. So rows are compared:

* a merged part is built from its sources while they are kept aside; their hashes prove their rows;
* every other part is built from the sidecars of its stories. They must be the stories that the log names, with the
  status, the files, the bytes and the cost that it records.

In both cases the number of rows must be the recorded one, and if the other part of the pair has its recorded hash, the
same sources must give the rows of that part too. What this cannot prove are a few columns that no sidecar holds: the
flow run and the API version of a story, which are then taken from another story of the same run.

If the bytes come out as recorded, they are put back under their key. Otherwise a replacement is recorded, as if the
part had been merged: the log then names the new part with its own hash, and at every instant a reader sees each row
once, or an error (`stories.dataset.log.exchange`). A replacement names both parts of a pair, so an intact part is
copied beside the rebuilt one. The bytes that were found under the old keys are kept aside like merged parts.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto

import pyarrow as pa
import pyarrow.compute as pc

from stories.dataset import layout
from stories.dataset.audit.story import differences_of
from stories.dataset.committed_story import read_committed_story
from stories.dataset.image_rows import image_table
from stories.dataset.log.commits import Commit, CommitLog, summary_of
from stories.dataset.log.exchange import finish_replacements, replace_parts
from stories.dataset.log.replacements import (
    PartPair,
    Replacement,
    draft_replacement,
    read_replacements,
    replaced_keys,
    resting_place,
)
from stories.dataset.model import CommitStamp, SavedStory, from_sidecar, to_sidecar
from stories.dataset.parts import PartContent, build_part, read_part
from stories.dataset.schema import SCHEMAS, SORT_ORDERS, Table
from stories.dataset.story_rows import saved_story, story_rows, story_table
from stories.errors import TargetUnusable
from stories.storage.parallel_reads import read_many
from stories.storage.store import Store
from stories.strict_json import sha256_hex

_READS_AT_ONCE = 8

_Tables = dict[Table, pa.Table]


class RestoreResult(Enum):
    """The two ways in which a part is there again."""

    AS_RECORDED = auto()
    """Under its key, with its recorded bytes."""
    REPLACED = auto()
    """Its rows are in another part, which the log names instead."""


async def restore_sidecar(store: Store, log: CommitLog, story_id: str) -> bool:
    """Write the sidecar again from the story's rows; False if the rows do not tell the whole story."""
    saved = await read_saved_story(store, log, story_id)
    if saved is None:
        return False
    await store.publish(layout.sidecar_key(story_id), to_sidecar(saved))
    return True


async def read_saved_story(store: Store, log: CommitLog, story_id: str) -> SavedStory | None:
    """Return the story as its rows tell it; None if they are not as recorded, or do not tell the whole story."""
    try:
        found = await read_committed_story(store, log, story_id)
        if found is None or not found[0].is_as_recorded:
            return None
        story, _ = found
        saved = saved_story(story.row, story.images)
    except (TargetUnusable, ValueError):
        return None
    return None if any(differences_of(story, saved)) else saved


async def restore_part(store: Store, log: CommitLog, key: str, *, now: datetime, nonce: str) -> RestoreResult | None:
    """Build a missing or damaged part again; None, and nothing written, if its rows cannot be proven.

    `nonce` is a random text of `[A-Za-z0-9]` for the keys of a replacement.
    """
    await log.recover()  # the process that was about to show the part may have died
    await finish_replacements(store)
    replacements = await read_replacements(store)
    pair = next((it for it in await log.live_pairs() if any(part.key == key for part in it.values())), None)
    if pair is None:
        return RestoreResult.REPLACED if key in replaced_keys(replacements) else None
    found = {table: await store.read(part.key) for table, part in pair.items()}
    intact = {
        table: content
        for table, content in found.items()
        if content is not None and sha256_hex(content) == pair[table].sha256
    }
    parts = await _rebuilt_pair(store, log, pair, intact, replacements)
    if parts is None:
        return None
    if all(part.sha256 == pair[table].sha256 for table, part in parts.items()):
        await _put_back(store, pair, {table: parts[table] for table in Table if table not in intact})
        return RestoreResult.AS_RECORDED
    await replace_parts(
        store,
        draft_replacement([pair], parts, word="rebuilt", now=now, nonce=nonce),
        staged=b"".join(parts[table].content for table in Table),
        retired=b"".join(found[table] or b"" for table in Table),
    )
    return RestoreResult.REPLACED  # here, or by another process that was first


async def _put_back(store: Store, pair: PartPair, parts: Mapping[Table, PartContent]) -> None:
    for table, part in parts.items():
        await store.publish(pair[table].key, part.content)
        if pair[table].key in replaced_keys(await read_replacements(store)):
            await store.delete(pair[table].key)


async def _rebuilt_pair(
    store: Store,
    log: CommitLog,
    pair: PartPair,
    intact: Mapping[Table, bytes],
    replacements: Sequence[Replacement],
) -> dict[Table, PartContent] | None:
    """Return both parts, an intact one as it is; None if the rows cannot be proven."""
    parts = {table: PartContent(content, pair[table].rows, pair[table].sha256) for table, content in intact.items()}
    if len(parts) == len(Table):
        return parts
    for tables in (
        await _rows_of_sources(store, pair, replacements),
        await _rows_of_sidecars(store, log, pair, intact, replacements),
    ):
        if tables is not None and _agree(tables, pair, intact):
            rebuilt = {
                table: await asyncio.to_thread(build_part, rows, table)
                for table, rows in tables.items()
                if table not in parts
            }
            return {**parts, **rebuilt}
    return None


def _agree(tables: _Tables, pair: PartPair, intact: Mapping[Table, bytes]) -> bool:
    """Return True if the rows have the recorded number, and are those of each intact part."""
    if any(tables[table].num_rows != part.rows for table, part in pair.items()):
        return False
    return all(
        _comparable(tables[table], table).equals(_comparable(read_part(content, table), table))
        for table, content in intact.items()
    )


def _comparable(rows: pa.Table, table: Table) -> pa.Table:
    """Return the rows in order; without `schema_version`, which is that of the program that wrote the row."""
    names = [name for name in SCHEMAS[table].names if name != "schema_version"]
    return rows.sort_by(SORT_ORDERS[table]).select(names)


async def _rows_of_sources(store: Store, pair: PartPair, replacements: Iterable[Replacement]) -> _Tables | None:
    """Return the rows of the parts that were merged into this pair; None if they are not kept aside intact."""
    replacement = next((it for it in replacements if it.parts == pair), None)
    kept = await store.read(replacement.retired) if replacement is not None else None
    if replacement is None or kept is None:
        return None
    rows: dict[Table, list[pa.Table]] = {table: [] for table in Table}
    start = 0
    for source in replacement.sources:
        for table in Table:
            content = kept[start : start + source[table].size_bytes]
            start += source[table].size_bytes
            if sha256_hex(content) != source[table].sha256:
                return None
            rows[table].append(await asyncio.to_thread(read_part, content, table))
    return {table: pa.concat_tables(of_sources) for table, of_sources in rows.items()}


async def _rows_of_sidecars(
    store: Store,
    log: CommitLog,
    pair: PartPair,
    intact: Mapping[Table, bytes],
    replacements: Sequence[Replacement],
) -> _Tables | None:
    """Return the rows of all stories that were committed into this pair; None if a sidecar is not as committed."""
    rows: dict[Table, list[pa.Table]] = {table: [] for table in Table}
    for commit in await log.commits():
        if resting_place(commit.parts, replacements) != pair:
            continue
        stories = await _committed_sidecars(store, commit)
        stamp = await _stamp_of(store, log, commit, intact.get(Table.STORIES), replacements)
        if stories is None or stamp is None:
            return None
        rows[Table.IMAGES].append(image_table(stories, stamp))
        rows[Table.STORIES].append(story_table(stories, stamp))
    return {table: pa.concat_tables(of_commits) for table, of_commits in rows.items()}


async def _committed_sidecars(store: Store, commit: Commit) -> list[SavedStory] | None:
    """Return the stories of the commit; None if a sidecar is missing, unreadable, or not what the commit records."""
    keys = [layout.sidecar_key(story_id) for ids in commit.story_ids.values() for story_id in ids]
    contents = await read_many(store.read, keys, at_once=_READS_AT_ONCE)
    try:
        stories = [from_sidecar(content or b"") for content in contents]
    except ValueError:
        return None
    return stories if summary_of(stories) == commit.summary else None


async def _stamp_of(
    store: Store, log: CommitLog, commit: Commit, intact: bytes | None, replacements: Sequence[Replacement]
) -> CommitStamp | None:
    """Return the stamp of the commit, from a row of its own or of another commit of its run; None without any.

    `intact` is the part that holds the commit's own stories, if that one is as recorded.
    """
    if intact is not None:
        own = read_part(intact, Table.STORIES, where=pc.field("batch_id") == commit.batch_id)
        return story_rows(own.slice(0, 1))[0].stamp if own.num_rows else None
    for other in await log.commits():
        part = resting_place(other.parts, replacements)[Table.STORIES]
        content = await store.read(part.key) if other.run_id == commit.run_id else None
        if content is None or sha256_hex(content) != part.sha256:
            continue
        of_run = read_part(content, Table.STORIES, where=pc.field("run_id") == commit.run_id)
        if of_run.num_rows:
            lineage = story_rows(of_run.slice(0, 1))[0].stamp.lineage
            return CommitStamp(lineage, commit.batch_id, commit.committed_at)
    return None
