"""Wrong protocols, each one wrapped seam away from the right one: the checker has to catch every one of them.

The seven of the table of fact F11, and Rule 7 with its line written too late. Nothing in the
system knows of them: a mutant replaces a part that a process was going to be given.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from stories.api.submit import SendReport
from stories.config import LedgerConfig
from stories.ledger.decisions import Outcome, decide
from stories.ledger.entry import Damaged, entry_of
from stories.ledger.events import Decision, Intent, JobAssigned, Operator, Own, Void
from stories.ledger.ledger import Ledger
from stories.ledger.open_doubts import DoubtReason
from stories.ledger.reconciliation import Consent, Reconciliation, ServiceView, reconcile
from stories.ledger.records import Record
from stories.ledger.send import Submitter
from stories.ledger.spool import DeadSpool, OwnSpool, SpooledJob
from tests.doubles.virtual.store import VirtualStore
from tests.simulation.processes import Mutation, Seams

_RESENDS = 3
_LEASE = timedelta(minutes=10)


class StoreWithoutNonceCheck(VirtualStore):
    """Takes "exists" at its word, also when it is the echo of its own write."""

    async def _read_back(self, key: str, content: bytes) -> bool:
        return False


class StoreWithRacyCreate(VirtualStore):
    """Looks first and writes then, as most file systems of fsspec do (fact F6)."""

    async def create(self, key: str, content: bytes) -> bool:
        if await self.read(key) is not None:
            return False
        await self.publish(key, content)
        return True


class LedgerWithoutIntents(Ledger):
    """Writes an attempt down when its outcome is known."""

    async def file(self, record: Record) -> bool:
        if isinstance(record.content, Intent):
            self._unwritten = {**getattr(self, "_unwritten", {}), (record.story_id, record.attempt): record}
            return True
        intent = getattr(self, "_unwritten", {}).pop((record.story_id, record.attempt), None)
        if intent is not None:
            await super().file(intent)
        return await super().file(record)


class LedgerWithLeases(Ledger):
    """Calls an attempt void whose sender has been silent for ten minutes."""

    async def records(self, story_id: str) -> tuple[Record | Damaged, ...]:
        found = await super().records(story_id)
        entry = entry_of(story_id, found)
        if entry.reason == "no_outcome" and entry.since is not None and self._clock.now() - entry.since > _LEASE:
            await self.file(self.record(story_id, entry.attempt, Void("lease_expired", "its sender is silent")))
            found = await super().records(story_id)
        return found


class LedgerWithoutOwnership(Ledger):
    """Notes who takes a job, and asks nobody."""

    async def owner(self, job_id: str) -> tuple[str, int] | None:
        return None

    async def _claim(self, story_id: str, attempt: int, job: JobAssigned) -> bool:
        await self.file(self.record(story_id, attempt, Own(job.job_id, job.poll_path)))
        return True


@dataclass(frozen=True)
class ImpatientSender:
    """Sends again until the answer is clear. What the last answer says is said of them all; of a sticky doubt, only
    that the story was accepted.
    """

    sender: Submitter
    sleep: Callable[[float], Awaitable[None]]
    doubt_is_sticky: bool = False

    def hurry(self) -> None:
        self.sender.hurry()

    async def send(
        self, body: bytes, *, idempotency_key: str | None, before_first_byte: Callable[[], Awaitable[None]]
    ) -> SendReport:
        first = report = await self.sender.send(
            body, idempotency_key=idempotency_key, before_first_byte=before_first_byte
        )
        for _ in range(_RESENDS):
            if decide(report).outcome is not Outcome.DOUBT:
                break
            await self.sleep(10.0)
            report = await self.sender.send(body, idempotency_key=idempotency_key, before_first_byte=before_first_byte)
        return first if self.doubt_is_sticky and decide(report).outcome is not Outcome.ACCEPTED else report


@dataclass
class LateSpool:
    """Keeps the line `sending` until the first byte has left."""

    spool: OwnSpool
    line: tuple[str, int] | None = None

    @property
    def spool_id(self) -> str:
        return self.spool.spool_id

    @property
    def place(self) -> str:
        return self.spool.place

    def is_held(self, spool_id: str) -> bool:
        return self.spool.is_held(spool_id)

    async def sending(self, story_id: str, attempt: int) -> None:
        self.line = story_id, attempt

    async def accepted(self, job: SpooledJob) -> None:
        await self.spool.accepted(job)

    async def take_dead(self) -> tuple[DeadSpool, ...]:
        return await self.spool.take_dead()

    async def release(self, dead: DeadSpool) -> None:
        await self.spool.release(dead)

    async def fold_away(self, dead: DeadSpool) -> None:
        await self.spool.fold_away(dead)


async def _silence() -> None:
    """Announces nothing."""


@dataclass(frozen=True)
class SenderBeforeItsLine:
    """Lets the bytes go, and notes then that they may."""

    sender: Submitter
    spool: LateSpool

    def hurry(self) -> None:
        self.sender.hurry()

    async def send(
        self, body: bytes, *, idempotency_key: str | None, before_first_byte: Callable[[], Awaitable[None]]
    ) -> SendReport:
        report = await self.sender.send(body, idempotency_key=idempotency_key, before_first_byte=_silence)
        await before_first_byte()
        line, self.spool.line = self.spool.line, None
        if line is not None:
            await self.spool.spool.sending(*line)
        return report


async def reconcile_by_absence(
    ledger: Ledger, service: ServiceView, config: LedgerConfig, consent: Consent
) -> Reconciliation:
    """Has whatever is not listed sent again."""
    found = await reconcile(ledger, service, config, consent)
    for open_doubt in found.open_doubts:
        if open_doubt.why in (
            DoubtReason.SETTLING,
            DoubtReason.NOT_COVERED,
            DoubtReason.ABSENT,
            DoubtReason.SENDER_UNKNOWN,
        ):
            content = Operator(Decision.RESUBMIT, "nobody", "it is not listed")
            await ledger.file(ledger.record(open_doubt.story_id, open_doubt.attempt, content))
    return found


def _without_nonce_check(seams: Seams) -> Seams:
    return replace(seams, store=StoreWithoutNonceCheck(seams.bucket, seams.process))


def _with_racy_create(seams: Seams) -> Seams:
    return replace(seams, store=StoreWithRacyCreate(seams.bucket, seams.process))


def _with_retries(seams: Seams) -> Seams:
    return replace(seams, sender=ImpatientSender(seams.sender, seams.process.sleep))


def with_sticky_doubt(seams: Seams) -> Seams:
    """No mutant: the key-aware protocol as it has to be (fact F11), which the system itself does not offer."""
    return replace(seams, sender=ImpatientSender(seams.sender, seams.process.sleep, doubt_is_sticky=True))


def _with_late_line(seams: Seams) -> Seams:
    spool = LateSpool(seams.spool)
    return replace(seams, spool=spool, sender=SenderBeforeItsLine(seams.sender, spool))


@dataclass(frozen=True)
class Mutant:
    """A wrong protocol. `trusts_keys`: the service is key-aware and the client relies on it."""

    name: str
    mutations: tuple[Mutation, ...]
    trusts_keys: bool = False


MUTANTS = (
    Mutant("no nonce check on 412", (_without_nonce_check,)),
    Mutant("POST again on an ambiguous error", (_with_retries,)),
    Mutant("an expired lease lets another send", (lambda seams: replace(seams, ledger_type=LedgerWithLeases),)),
    Mutant("absent from the listing: send again", (lambda seams: replace(seams, reconcile=reconcile_by_absence),)),
    Mutant(
        "non-atomic create / no intent before the send",
        (_with_racy_create, lambda seams: replace(seams, ledger_type=LedgerWithoutIntents)),
    ),
    Mutant("a resent key's 429 voids the intent", (_with_retries,), trusts_keys=True),
    Mutant("no registry of who owns a job", (lambda seams: replace(seams, ledger_type=LedgerWithoutOwnership),)),
    Mutant("the line `sending` after the first byte", (_with_late_line,)),
)
"""A mutant with two mutations is caught when each of them is."""
