"""The ledger on the target: reads the states of stories, files records, and finishes adoptions of dead processes."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable

from stories.clock import Clock
from stories.errors import LedgerDamaged, StorageUnavailable
from stories.failpoints import Failpoint, failpoint
from stories.ledger.entry import Damaged, LedgerEntry, entry_of, is_evidence
from stories.ledger.events import Content, Failed, JobAssigned, JobSource, Lost, Own, RecordKind
from stories.ledger.records import (
    ITEMS_PREFIX,
    JOBS_PREFIX,
    Record,
    RecordName,
    decode,
    encode,
    name_of,
    own_key,
    record_key,
)
from stories.ledger.spool import OwnSpool
from stories.ledger.states import Event, StoryState, event_of, event_of_name, fold
from stories.storage.parallel_reads import read_many
from stories.storage.store import Store

_log = logging.getLogger(__name__)
_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Waits between the tries to file a record; their sum is less than the time that a stopping process has."""
_READS_AT_ONCE = 16


class Ledger:
    """The records of all stories on one target, and the local spool of this process.

    Without a spool, the ledger can be read but nothing can be sent. Every call may raise the errors of the store.
    """

    def __init__(
        self,
        store: Store,
        *,
        target_id: str,
        spool: OwnSpool | None,
        host: str,
        worker: str,
        run_id: str,
        clock: Clock,
        new_nonce: Callable[[], str],
    ) -> None:
        self.target_id, self.host, self.worker, self.run_id = target_id, host, worker, run_id
        self.spool = spool
        self._store = store
        self._clock = clock
        self._new_nonce = new_nonce

    async def survey(self) -> dict[str, StoryState]:
        """Return the state of every story with records, from one listing; only operators' records are read."""
        return {story_id: fold(story_id, events) for story_id, events in (await self.events()).items()}

    async def entry(self, story_id: str) -> LedgerEntry:
        """Return the state of one story and its cause, from all of its records."""
        return entry_of(story_id, await self.records(story_id))

    async def records(self, story_id: str) -> tuple[Record | Damaged, ...]:
        """Return all records of one story."""
        listed = [stored.key async for stored in self._store.list(f"{ITEMS_PREFIX}/{story_id}")]
        return await self.read_all(filter(None, map(name_of, listed)))

    async def record_failed(self, entry: LedgerEntry, message: str) -> LedgerEntry:
        """Record that the service reported the entry's job as failed, uncharged."""
        return await self._record_about_job(entry, Failed("failed_at_service", message))

    async def record_lost(self, entry: LedgerEntry, reason: str, message: str) -> LedgerEntry:
        """Record that the entry's job vanished or does not match the storyboard; a person decides."""
        return await self._record_about_job(entry, Lost(reason, message))

    def record(self, story_id: str, attempt: int, content: Content) -> Record:
        """Return a record with a fresh nonce, ready to be filed."""
        return Record(story_id, attempt, self._new_nonce(), self._clock.now(), content)

    async def file(self, record: Record) -> bool:
        """Create the record and return True; return False if another record has its key.

        Tries again for some seconds while the store is unavailable. The nonce identifies a record that was created
        although the reply was lost.
        """
        content = encode(record)
        for seconds in _RETRY_SECONDS:
            try:
                return await self._store.create(record.key, content)
            except StorageUnavailable as exc:
                _log.warning("%s: %s; trying again in %s s", record.key, exc, seconds)
                await self._clock.sleep(seconds)
        return await self._store.create(record.key, content)

    async def bind(self, story_id: str, attempt: int, job: JobAssigned) -> bool:
        """Bind the job to this attempt: `.own`, then `.job` (Rule 4, after the spool). Repeated calls are safe.

        Returns False when another attempt owns the job, or this attempt has another job already. In the second case,
        this attempt's claim on the job is void, and the job is free for the next attempt.
        """
        if not await self._claim(story_id, attempt, job):
            return False
        failpoint(Failpoint.LEDGER_OWNED)
        record = self.record(story_id, attempt, job)
        if await self.file(record):
            failpoint(Failpoint.LEDGER_BOUND)
            return True
        present = await self._read_whole(record.key)
        return present is not None and isinstance(present.content, JobAssigned) and present.content.job_id == job.job_id

    async def owner(self, job_id: str) -> tuple[str, int] | None:
        """Return story and attempt of the job's owner; None when the job is free. Raises `LedgerDamaged`."""
        claim = 1
        while (own := await self._read(own_key(job_id, claim))) is not None:
            if not await self._has_another_job(own):
                return own.story_id, own.attempt
            claim += 1
        return None

    async def finish_adoptions(self) -> int:
        """Bind each job to its owner if a process died between `.own` and `.job`; return the number of jobs."""
        events = await self.events()
        filed = {(story_id, attempt, mark) for story_id, found in events.items() for attempt, mark in found}
        keys = [stored.key async for stored in self._store.list(JOBS_PREFIX)]
        if len(keys) <= sum(mark is Event.JOB for _, _, mark in filed):  # every claim has its `.job`: none is left over
            return 0

        async def finish(key: str) -> bool:
            own = await self._read_whole(key)
            if own is None or not isinstance(own.content, Own):
                return False
            owner = own.story_id, own.attempt
            if (*owner, Event.INTENT) not in filed or (*owner, Event.JOB) in filed:
                return False
            job = JobAssigned(own.content.job_id, own.content.poll_path, JobSource.ADOPTED)
            return await self.bind(*owner, job)

        return sum(await read_many(finish, keys, at_once=_READS_AT_ONCE))

    async def _claim(self, story_id: str, attempt: int, job: JobAssigned) -> bool:
        """Return True if the attempt owns the job, by a claim made now or before."""
        claim = 1
        while not await self.file(own := self.record(story_id, attempt, Own(job.job_id, job.poll_path, claim))):
            present = await self._read_whole(own.key)
            if present is None or (present.story_id, present.attempt) == (story_id, attempt):
                return present is not None
            if not await self._has_another_job(present):
                return False
            claim += 1
        return True

    async def _has_another_job(self, own: Record) -> bool:
        """Return True if the owner of a job is bound to another job, so that it will never take this one."""
        bound = await self._read_whole(record_key(own.story_id, own.attempt, RecordKind.JOB))
        return bound is not None and getattr(bound.content, "job_id", None) != getattr(own.content, "job_id", None)

    async def _record_about_job(self, entry: LedgerEntry, content: Failed | Lost) -> LedgerEntry:
        if entry.job_id is None:
            raise ValueError(f"story {entry.story_id} has no job to record as {content.reason}")
        await self.file(self.record(entry.story_id, entry.attempt, content))
        return await self.entry(entry.story_id)

    async def events(self) -> dict[str, list[tuple[int, Event]]]:
        """Return attempt and event of every record by story id, from one listing; only operators' records are read."""
        events: defaultdict[str, list[tuple[int, Event]]] = defaultdict(list)
        decided: list[RecordName] = []
        async for stored in self._store.list(ITEMS_PREFIX):
            name = name_of(stored.key)
            if name is not None and name.kind is RecordKind.OPERATOR:
                decided.append(name)
            elif name is not None and not is_evidence(name):
                events[name.story_id].append((name.attempt, event_of_name(name)))
        for record in await self.read_all(decided):
            if isinstance(record, Record):
                events[record.story_id].append((record.attempt, event_of(record)))
            else:
                events[record.name.story_id].append((record.name.attempt, Event.DAMAGED))
        return events

    async def read_all(self, names: Iterable[RecordName]) -> tuple[Record | Damaged, ...]:
        """Return the named records, without those that no longer exist."""

        async def read(name: RecordName) -> Record | Damaged | None:
            if name.kind is None:
                return Damaged(name, f"attempt {name.attempt} has a record of unknown kind: a newer program wrote it")
            try:
                return await self._read(record_key(name.story_id, name.attempt, name.kind))
            except LedgerDamaged as exc:
                return Damaged(name, str(exc))

        return tuple(filter(None, await read_many(read, names, at_once=_READS_AT_ONCE)))

    async def _read_whole(self, key: str) -> Record | None:
        """Return the record, or None when it is missing or damaged and thus proves nothing."""
        try:
            return await self._read(key)
        except LedgerDamaged as exc:
            _log.error("%s", exc)
            return None

    async def _read(self, key: str) -> Record | None:
        stored = await self._store.read(key)
        return None if stored is None else decode(key, stored)
