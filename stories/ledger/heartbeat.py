"""Which processes work on a target now, and who goes on with the stories of one that is gone.

It spares work and guards nothing: a process that is taken for gone and is not has its polls and downloads made twice.
What may be sent is for intents to say, and what is committed for the commit log. Local clocks are never compared: a
process shows that it lives by changing its object, which an observer looks at twice.
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
"""Who shows no sign of life for this long is taken for gone."""

_log = logging.getLogger(__name__)


class Heartbeat:
    """The processes on one target, each named by its spool; without a spool one can look, and not work."""

    def __init__(self, store: Store, spool: OwnSpool | None, clock: Clock) -> None:
        self._store = store
        self._spool = spool
        self._clock = clock

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Show for the block that this process works here."""
        if self._spool is None:
            raise ValueError("who has no spool does no work")
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
        """Whether another process is at this story; if the one that was is gone, it is this one's from now on."""
        is_being_sent = entry.state is SubmitState.IN_DOUBT and entry.reason == NO_OUTCOME
        if entry.spool_id is None or not (is_being_sent or entry.state is SubmitState.ACCEPTED):
            return False
        own = self._spool.spool_id if self._spool is not None else None
        worker = entry.spool_id
        while worker != own:
            if await self.is_here(worker):
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

    async def is_here(self, spool_id: str) -> bool:
        """Whether this process is at work on the target, as far as can be told at once."""
        sign = await self._store.read(_worker_key(spool_id))
        return sign is not None and self._lives(spool_id, sign) is not False

    async def expire(self) -> None:
        """Remove the signs of processes that are gone; waits `SILENT_SECONDS` when one may be, on another host."""
        signs = await self._signs()
        for spool_id in [spool_id for spool_id, sign in signs.items() if self._lives(spool_id, sign) is False]:
            await self._forget(spool_id)
            del signs[spool_id]
        unknown = {spool_id: sign for spool_id, sign in signs.items() if self._lives(spool_id, sign) is None}
        if unknown:
            _log.info("looking whether %d processes on other hosts are still at work", len(unknown))
            await self._clock.sleep(SILENT_SECONDS)
            later = await self._signs()
            for spool_id in [spool_id for spool_id, sign in unknown.items() if later.get(spool_id) == sign]:
                await self._forget(spool_id)

    async def _beat(self, key: str) -> None:
        beat = 0
        while True:
            await self._clock.sleep(BEAT_SECONDS)
            beat += 1
            try:
                await self._store.publish(key, self._sign(beat))
            except StoriesError as exc:
                _log.warning("%s cannot be written, so that others may take this process for gone: %s", key, exc)

    async def _signs(self) -> dict[str, bytes]:
        keys = [stored.key async for stored in self._store.list(WORKERS_PREFIX)]
        found = {key.rpartition("/")[2]: await self._store.read(key) for key in keys}
        return {spool_id: sign for spool_id, sign in found.items() if sign is not None}

    def _lives(self, spool_id: str, sign: bytes) -> bool | None:
        """None when only a second look can tell: its spool is not in this process's place."""
        if self._spool is None or sign.rpartition(b"\n")[0] != self._spool.place.encode("utf-8", "surrogateescape"):
            return None
        return self._spool.is_held(spool_id)

    def _sign(self, beat: int) -> bytes:
        place = self._spool.place if self._spool is not None else ""
        return f"{place}\n{beat}".encode("utf-8", "surrogateescape")

    async def _forget(self, spool_id: str) -> None:
        _log.info("the process with the spool %s is gone; its stories are taken up", spool_id)
        await self._store.delete(_worker_key(spool_id))


def _worker_key(spool_id: str) -> str:
    return f"{WORKERS_PREFIX}/{spool_id}"
