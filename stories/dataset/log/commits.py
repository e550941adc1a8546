"""The commit log: the parts that make up the dataset, and how a part becomes visible whole, once, and to every reader.

The trap: readers take whatever matches `manifest/**/*.parquet`. A part that is put there before its commit record shows
rows that nobody has committed; when its writer dies, the stories are committed again in another part and every reader
counts them twice. So no part is ever in `manifest/` before its record:

1. both parts go, as one object, to `_meta/staging/`, where no reader looks;
2. `_meta/commits/<n+1>.json` is created exclusively. This is the commit: it names the parts, their hashes and the
   stories. A writer that loses the race for a version reads the winner's record, leaves out the stories that it names,
   and tries the next version, so no story is ever committed twice;
3. the parts are created under their final keys, the images first: a story that is seen has its images;
4. the staged object is removed.

A crash before 2 leaves a staged object without a record, which is removed once it is old; a crash after 2 leaves a
record whose staged object is still there, and `recover`, with which every commit begins, does steps 3 and 4. Any
process may do them, at any time and more than once: keys and bytes are fixed by the record. A reader of the manifest
thus sees version n or n+1, a moment after the log; `committed` and `commits` read the log alone.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from stories.clock import Clock
from stories.dataset import layout
from stories.dataset.image_rows import image_table
from stories.dataset.log.replacements import PartPair, live_pairs, read_replacements, show_part
from stories.dataset.model import CommitStamp, Lineage, SavedStory, StoryStatus
from stories.dataset.parts import CommittedPart, PartContent, build_part
from stories.dataset.schema import SCHEMA_VERSION, Table
from stories.dataset.story_rows import story_table
from stories.errors import StorageUnavailable, TargetUnusable
from stories.failpoints import Failpoint, failpoint
from stories.storage.parallel_reads import read_many
from stories.storage.store import Store
from stories.strict_json import sha256_hex

ABANDONED_AFTER = timedelta(hours=1)
"""Age at which a staged object without a record is removed.

A live writer takes seconds from step 1 to step 2; if it takes longer, it still has the parts in memory.
"""

_READS_AT_ONCE = 16

_log = logging.getLogger(__name__)


class CommitSummary(NamedTuple):
    """The stories of a commit by status, their image files, the bytes of these, and their cost."""

    story_ids: dict[StoryStatus, tuple[str, ...]]
    images: int
    image_bytes: int
    cost_eur: Decimal


@dataclass(frozen=True)
class Commit:
    """One commit record: a batch of stories in one part of each table."""

    version: int
    nonce: str
    schema_version: int
    batch_id: str
    run_id: str
    committed_at: datetime
    staged: str
    parts: PartPair
    story_ids: dict[StoryStatus, tuple[str, ...]]
    images: int
    """Number of files; images that could not be fetched have rows and no file."""
    image_bytes: int
    cost_eur: Decimal

    @property
    def summary(self) -> "CommitSummary":
        """Stories, files, bytes and cost, to compare with those of the stories themselves."""
        return CommitSummary(self.story_ids, self.images, self.image_bytes, self.cost_eur)


_COMMIT = TypeAdapter(Commit)


class CommitLog:
    """Reads and appends commits; any number of logs may work on one target at once, in any number of processes.

    `new_nonce` returns a random text of `[A-Za-z0-9]`, a different one on every call.
    """

    def __init__(self, store: Store, clock: Clock, new_nonce: Callable[[], str]) -> None:
        self._store = store
        self._clock = clock
        self._new_nonce = new_nonce
        self._commits: dict[int, Commit] = {}
        self._statuses: dict[str, StoryStatus] = {}

    async def commits(self) -> tuple[Commit, ...]:
        """Return all commits, oldest first."""
        await self._read_new()
        return tuple(self._commits[version] for version in sorted(self._commits))

    async def committed(self) -> dict[str, StoryStatus]:
        """Return the status of every committed story by its id."""
        await self._read_new()
        return dict(self._statuses)

    async def live_pairs(self) -> tuple[PartPair, ...]:
        """Return the parts that make up the dataset now; the rows of each story are in exactly one pair."""
        replacements = await read_replacements(self._store)
        return live_pairs([commit.parts for commit in await self.commits()], replacements)

    async def commit(self, stories: Sequence[SavedStory], *, batch_id: str, lineage: Lineage) -> Commit | None:
        """Commit the stories that are not committed yet, and return the commit; None if all of them are committed.

        Safe to call again with the same stories after any error: a commit whose reply was lost is found. Raises
        `ValueError` when the batch id was used before for other stories.
        """
        await self.recover()
        while fresh := await self._uncommitted(stories, batch_id):
            stamp = CommitStamp(lineage, batch_id, self._clock.now())
            parts = await asyncio.to_thread(_build_parts, fresh, stamp)
            draft = _draft(fresh, parts, stamp, nonce=self._new_nonce())
            content = b"".join(parts[table].content for table in Table)
            await self._stage(draft.staged, content)
            failpoint(Failpoint.COMMIT_STAGED)
            commit = await self._append(draft)
            if commit is not None:
                await self._show(commit, content)
                return commit
            await self._store.delete(draft.staged)
        return None

    async def recover(self) -> None:
        """Finish steps 3 and 4 of all recorded commits, and remove staged objects that were abandoned long ago."""
        staged = [stored.key async for stored in self._store.list(layout.STAGING)]
        if not staged:
            return
        await self._read_new()  # after the listing, so that every commit made before it is known
        commits = {commit.staged: commit for commit in self._commits.values()}
        for key in staged:
            commit = commits.get(key)
            if commit is None:
                await self._remove_abandoned(key)
            elif (content := await self._store.read(key)) is not None:
                _log.info("finishing commit %d, which its writer left unfinished", commit.version)
                await self._show(commit, content)

    async def _uncommitted(self, stories: Iterable[SavedStory], batch_id: str) -> list[SavedStory]:
        await self._read_new()
        fresh = {saved.story.story_id: saved for saved in stories if saved.story.story_id not in self._statuses}
        if fresh and self._is_used(batch_id):
            raise ValueError(f"batch {batch_id} is committed already; other stories need another batch id")
        return list(fresh.values())

    async def _append(self, draft: Commit) -> Commit | None:
        """Record the commit under the first free version; None if another writer committed one of its stories first."""
        own = [story_id for story_ids in draft.story_ids.values() for story_id in story_ids]
        while not self._is_used(draft.batch_id) and self._statuses.keys().isdisjoint(own):
            commit = replace(draft, version=max(self._commits, default=0) + 1)
            if await self._store.create(layout.commit_key(commit.version), _COMMIT.dump_json(commit, indent=1)):
                failpoint(Failpoint.COMMIT_RECORDED)
                self._learn(commit)
                return commit
            await self._read_new()
        return None

    async def _show(self, commit: Commit, content: bytes) -> None:
        """Do steps 3 and 4; `content` is the staged object: the parts in the order of `Table`."""
        start = 0
        for table in Table:
            part = commit.parts[table]
            part_content = content[start : start + part.size_bytes]
            start += part.size_bytes
            if sha256_hex(part_content) != part.sha256:
                raise TargetUnusable(
                    f"{self._store.url}: {commit.staged} differs from commit {commit.version}; restore it"
                )
            await show_part(self._store, part, part_content)
            failpoint(Failpoint.COMMIT_PART_SHOWN)
        failpoint(Failpoint.COMMIT_SHOWN)
        await self._store.delete(commit.staged)

    async def _stage(self, key: str, content: bytes) -> None:
        if not await self._store.create(key, content):
            raise TargetUnusable(f"{self._store.url}: {key} is there already with other content; remove it")
        if await self._store.size_bytes(key) != len(content):
            raise StorageUnavailable(f"{self._store.url}: {key} did not arrive whole")

    async def _remove_abandoned(self, key: str) -> None:
        since = layout.staged_at(key)
        if since is not None and self._clock.now() - since > ABANDONED_AFTER:
            _log.info("removing %s, which was never committed", key)
            await self._store.delete(key)

    async def _read_new(self) -> None:
        """Read the records that are not known yet. The log has no gaps: the first missing record is its end."""
        if not self._commits:
            for commit in await self._read_listed():
                self._learn(commit)
        while newer := await self._read_one(max(self._commits, default=0) + 1):
            self._learn(newer)

    async def _read_listed(self) -> list[Commit]:
        """Read all records that are listed. A hole in the log raises: its stories would be sent and paid for again."""
        found = [layout.commit_version_of(stored.key) async for stored in self._store.list(layout.COMMITS)]
        last = max((version for version in found if version is not None), default=0)
        return await read_many(self._read_listed_one, range(1, last + 1), at_once=_READS_AT_ONCE)

    async def _read_listed_one(self, version: int) -> Commit:
        commit = await self._read_one(version)
        if commit is None:
            key = layout.commit_key(version)
            raise TargetUnusable(f"{self._store.url}: the commit record {key} is missing; restore it")
        return commit

    async def _read_one(self, version: int) -> Commit | None:
        key = layout.commit_key(version)
        content = await self._store.read(key)
        if content is None:
            return None
        try:
            return _COMMIT.validate_json(content)
        except ValidationError as exc:
            raise TargetUnusable(f"{self._store.url}: the commit record {key} is damaged; restore it") from exc

    def _learn(self, commit: Commit) -> None:
        self._commits[commit.version] = commit
        for status, story_ids in commit.story_ids.items():
            self._statuses.update(dict.fromkeys(story_ids, status))

    def _is_used(self, batch_id: str) -> bool:
        return any(commit.batch_id == batch_id for commit in self._commits.values())


def summary_of(stories: Sequence[SavedStory]) -> CommitSummary:
    """Return the summary that a commit of these stories records."""
    sizes = [image.facts.size_bytes for saved in stories for image in saved.images if image.facts is not None]
    return CommitSummary(
        story_ids={
            status: tuple(sorted(saved.story.story_id for saved in stories if saved.status is status))
            for status in StoryStatus
        },
        images=len(sizes),
        image_bytes=sum(sizes),
        cost_eur=sum((saved.cost_eur for saved in stories if saved.cost_eur is not None), Decimal(0)),
    )


def _build_parts(stories: Sequence[SavedStory], stamp: CommitStamp) -> dict[Table, PartContent]:
    return {
        Table.IMAGES: build_part(image_table(stories, stamp), Table.IMAGES),
        Table.STORIES: build_part(story_table(stories, stamp), Table.STORIES),
    }


def _draft(stories: Sequence[SavedStory], parts: dict[Table, PartContent], stamp: CommitStamp, *, nonce: str) -> Commit:
    """Return the commit of these parts, without a version yet."""
    summary = summary_of(stories)
    return Commit(
        version=0,
        nonce=nonce,
        schema_version=SCHEMA_VERSION,
        batch_id=stamp.batch_id,
        run_id=stamp.lineage.run_id,
        committed_at=stamp.committed_at,
        staged=layout.staged_key(stamp.committed_at, stamp.batch_id, nonce),
        parts={table: _committed_part(table, content, stamp) for table, content in parts.items()},
        story_ids=summary.story_ids,
        images=summary.images,
        image_bytes=summary.image_bytes,
        cost_eur=summary.cost_eur,
    )


def _committed_part(table: Table, part: PartContent, stamp: CommitStamp) -> CommittedPart:
    key = layout.part_key(table.value, stamp.lineage.run_date, stamp.batch_id)
    return CommittedPart(key, part.rows, len(part.content), part.sha256)
