"""What a process has when it sends: a ledger and a spool of its own on a shared target, and a service that obeys."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from stories.api.submit import SendReport
from stories.clock import Clock
from stories.errors import StorageUnavailable
from stories.ledger.ledger import Ledger
from stories.ledger.send import Baseline, StorySender, Submission, Submitter
from stories.ledger.spool import DeadSpool, Spool, SpooledJob
from stories.storage.store import Store, StoredObject
from stories.storyboards.story import Story, identify

TARGET_ID = "6f1c1e9e-7d0a-4c53-9a35-2b1f0d6a9c11"
HOST = "host-a"
PRICE_EUR = Decimal("0.40")
BASELINE = Baseline(("job-before",), datetime(2026, 1, 2, 12, tzinfo=UTC), Decimal("25.00"))


def a_story(prompt: str = "A lighthouse cat", *, sample: int = 0) -> Story:
    return identify({"scenes": [{"prompt": prompt}], "title": "Cats"}, sample=sample, source_uris=["a.json"])


def a_report(http_status: int | None = None, **seen: object) -> SendReport:
    usual: dict[str, object] = {
        "bytes_sent": http_status is not None,
        "http_status": http_status,
        "job_id": None,
        "poll_url": None,
        "code": None,
        "message": "told by the test",
        "details": {},
        "retry_after_seconds": None,
        "server_date": None,
        "failure": None,
    }
    return SendReport(**{**usual, **seen})  # type: ignore[arg-type]  # the fields are named one by one above


def accepted(job_id: str = "job-1") -> SendReport:
    return a_report(202, job_id=job_id, poll_url=f"https://api.test/v1/generate/story/{job_id}?sig=secret", message="")


LOST_REPLY = a_report(None, bytes_sent=True, failure="ReadError")
NOT_SENT = a_report(None, bytes_sent=False, failure="ConnectError")


class ScriptedService:
    """Answers each send with the next report, the last one again and again; `keys` holds what came with each."""

    def __init__(self, *reports: SendReport, events: list[str] | None = None) -> None:
        self.keys: list[str | None] = []
        self.bodies: list[bytes] = []
        self.breaker = asyncio.Event()
        self.breaker.set()
        self.reached = asyncio.Event()
        self._reports = reports
        self._events = events if events is not None else []

    @property
    def sends(self) -> int:
        return len(self.bodies)

    async def send(
        self, body: bytes, *, idempotency_key: str | None, before_first_byte: Callable[[], Awaitable[None]]
    ) -> SendReport:
        await before_first_byte()
        self._events.append("POST")
        self.bodies.append(body)
        self.keys.append(idempotency_key)
        report = self._reports[min(self.sends, len(self._reports)) - 1]
        self.reached.set()
        await self.breaker.wait()
        return report

    def hurry(self) -> None:
        self._events.append("hurry")


class WatchedStore:
    """A real store whose creates are noted in `events`, fail with `trouble`, and lose their reply with `lost`.

    Reads fail with `read_trouble`, and lists with `list_trouble`.
    """

    def __init__(self, store: Store, events: list[str] | None = None) -> None:
        self.events = events if events is not None else []
        self.trouble: Callable[[str], Exception | None] = lambda key: None
        self.read_trouble: Callable[[str], Exception | None] = lambda key: None
        self.list_trouble: Exception | None = None
        self.lost: Callable[[str], bool] = lambda key: False
        self._store = store

    @property
    def url(self) -> str:
        return self._store.url

    async def create(self, key: str, content: bytes) -> bool:
        trouble = self.trouble(key)
        if trouble is not None:
            raise trouble
        created = await self._store.create(key, content)
        self.events.append(f"{'created' if created else 'found'} {key.rpartition('.')[2]}")
        if self.lost(key):
            raise StorageUnavailable("the reply was lost")
        return created

    async def publish(self, key: str, content: bytes) -> None:
        await self._store.publish(key, content)

    async def read(self, key: str) -> bytes | None:
        trouble = self.read_trouble(key)
        if trouble is not None:
            raise trouble
        return await self._store.read(key)

    async def size_bytes(self, key: str) -> int | None:
        return await self._store.size_bytes(key)

    def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        if self.list_trouble is not None:
            raise self.list_trouble
        return self._store.list(prefix)

    async def delete(self, key: str) -> None:
        await self._store.delete(key)


class WatchedSpool:
    """A real spool whose lines are noted in `events` once they are on disk."""

    def __init__(self, spool: Spool, events: list[str]) -> None:
        self._spool = spool
        self._events = events

    @property
    def spool_id(self) -> str:
        return self._spool.spool_id

    @property
    def place(self) -> str:
        return self._spool.place

    def is_held(self, spool_id: str) -> bool:
        return self._spool.is_held(spool_id)

    async def sending(self, story_id: str, attempt: int) -> None:
        await self._spool.sending(story_id, attempt)
        self._events.append(f"line sending {attempt}")

    async def accepted(self, job: SpooledJob) -> None:
        await self._spool.accepted(job)
        self._events.append(f"line accepted {job.job_id}")

    async def take_dead(self) -> tuple[DeadSpool, ...]:
        return await self._spool.take_dead()

    async def release(self, dead: DeadSpool) -> None:
        await self._spool.release(dead)

    async def fold_away(self, dead: DeadSpool) -> None:
        await self._spool.fold_away(dead)


class Process:
    """A process that can send. `die` gives its lock up as its death would, whatever it left behind."""

    def __init__(self, store: Store, directory: Path, clock: Clock, *, host: str = HOST) -> None:
        self.events: list[str] = []
        self.store = WatchedStore(store, self.events)
        self.spool = Spool.open(directory, TARGET_ID, host=host)
        self.ledger = Ledger(
            self.store,
            target_id=TARGET_ID,
            spool=WatchedSpool(self.spool, self.events),
            host=host,
            worker="worker-1",
            run_id="run-1",
            clock=clock,
            new_nonce=lambda: secrets.token_hex(16),
        )

    def sender(self, *reports: SendReport) -> ScriptedService:
        return ScriptedService(*reports, events=self.events)

    async def submit(self, story: Story, service: Submitter) -> Submission:
        submissions = StorySender(self.ledger, service, baseline=BASELINE)
        return await submissions.submit(story, price_eur=PRICE_EUR)

    def die(self) -> None:
        self.spool.close()


NewProcess = Callable[..., Process]
