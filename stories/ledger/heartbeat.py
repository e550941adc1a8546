"""Heartbeats of the processes on a target, and the succession to the stories of a dead process.

Heartbeats only save work: if a live process is taken for dead, its polls and downloads are made twice. Intents decide
about sends, and the commit log decides about commits. Local clocks are never compared: a live process changes its
object, and an observer reads the object twice.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from stories.clock import Clock
from stories.errors import StoriesError
from stories.ledger.entry import NO_OUTCOME, LedgerEntry
from stories.ledger.spool import OwnSpool
from stories.ledger.states import SubmitState
from stories.storage.store import Store

WORKERS_PREFIX = "_meta/ledger/workers"
SUCCESSORS_PREFIX = "_meta/ledger/successors"
BEAT_SECONDS = 5.0
SILENT_SECONDS = 3 * BEAT_SECONDS
"""A process whose heartbeat does not change for this long is taken for dead."""

_log = logging.getLogger(__name__)


class Heartbeat:
    """The heartbeats on one target, one per process, named by its spool. Without a spool they can only be read."""

    def __init__(self, store: Store, spool: OwnSpool | None, clock: Clock) -> None:
        self._store = store
        self._spool = spool
        self._clock = clock

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Publish the heartbeat of this process during the block. Raises `ValueError` without a spool."""
        if self._spool is None:
            raise ValueError("a process without a spool has no heartbeat")
        key = _worker_key(self._spool.spool_id)
        await self._store.publish(key, self._sign(0))
        beats = asyncio.create_task(self._beat(key))
        try:
            yield
        finally:
            beats.cancel()
            await asyncio.gather(beats, return_exceptions=True)
            with suppress(StoriesError):
                await self._store.delete(key)

    async def owned_by_other(self, entry: LedgerEntry) -> bool:
        """Return True if another live process owns this story; False makes this process the successor of a dead one."""
        is_being_sent = entry.state is SubmitState.IN_DOUBT and entry.reason == NO_OUTCOME
        if entry.spool_id is None or not (is_being_sent or entry.state is SubmitState.ACCEPTED):
            return False
        own = self._spool.spool_id if self._spool is not None else None
        worker = entry.spool_id
        while worker != own:
            if await self.is_alive(worker):
                return True
            if own is None or is_being_sent:
                return False
            key = f"{SUCCESSORS_PREFIX}/{entry.story_id}/{entry.attempt}.{worker}"
            if await self._store.create(key, own.encode()):
                return False
            successor = await self._store.read(key)
            if successor is None:
                return True
            worker = successor.decode("ascii", "replace")
        return False

    async def is_alive(self, spool_id: str) -> bool:
        """Return True if the process with this spool has a heartbeat and is not known at once to be dead."""
        sign = await self._store.read(_worker_key(spool_id))
        return sign is not None and self._lives(spool_id, sign) is not False

    async def expire(self) -> None:
        """Remove the heartbeats of dead processes; wait `SILENT_SECONDS` if one may be dead on another host."""
        signs = await self._signs()
        for spool_id in [spool_id for spool_id, sign in signs.items() if self._lives(spool_id, sign) is False]:
            await self._remove(spool_id)
            del signs[spool_id]
        unknown = {spool_id: sign for spool_id, sign in signs.items() if self._lives(spool_id, sign) is None}
        if unknown:
            _log.info("checking for %d processes on other hosts if they are alive", len(unknown))
            await self._clock.sleep(SILENT_SECONDS)
            later = await self._signs()
            for spool_id in [spool_id for spool_id, sign in unknown.items() if later.get(spool_id) == sign]:
                await self._remove(spool_id)

    async def _beat(self, key: str) -> None:
        beat = 0
        while True:
            await self._clock.sleep(BEAT_SECONDS)
            beat += 1
            try:
                await self._store.publish(key, self._sign(beat))
            except StoriesError as exc:
                _log.warning("%s cannot be written; other processes may take this one for dead: %s", key, exc)

    async def _signs(self) -> dict[str, bytes]:
        keys = [stored.key async for stored in self._store.list(WORKERS_PREFIX)]
        found = {key.rpartition("/")[2]: await self._store.read(key) for key in keys}
        return {spool_id: sign for spool_id, sign in found.items() if sign is not None}

    def _lives(self, spool_id: str, sign: bytes) -> bool | None:
        """Return None when only a second reading can decide: the spool is not on this host and in this directory."""
        if self._spool is None or sign.rpartition(b"\n")[0] != self._spool.place.encode("utf-8", "surrogateescape"):
            return None
        return self._spool.is_held(spool_id)

    def _sign(self, beat: int) -> bytes:
        place = self._spool.place if self._spool is not None else ""
        return f"{place}\n{beat}".encode("utf-8", "surrogateescape")

    async def _remove(self, spool_id: str) -> None:
        _log.info("the process with the spool %s is dead; its stories are resumed", spool_id)
        await self._store.delete(_worker_key(spool_id))


def _worker_key(spool_id: str) -> str:
    return f"{WORKERS_PREFIX}/{spool_id}"
