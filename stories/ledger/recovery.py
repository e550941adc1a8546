"""Recovery: the work that dead processes of this host left in their spools, finished by a process that lives."""

import logging
from dataclasses import dataclass

from stories.failpoints import Failpoint, failpoint
from stories.ledger.events import Doubt, Intent, JobAssigned, JobSource, RecordKind, Void
from stories.ledger.ledger import Ledger
from stories.ledger.records import Record, RecordName
from stories.ledger.spool import DeadSpool, SpooledJob
from stories.ledger.states import Event, fold

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recovery:
    """What was taken up from dead processes of this host: jobs that the ledger did not know, open intents by fate."""

    spools: int = 0
    jobs: int = 0
    voided: int = 0
    doubtful: int = 0


def owned_elsewhere(job: JobAssigned) -> Doubt:
    """What is recorded for an attempt whose job another story owns: it may yet get the job that was the other's."""
    message = f"the service named job {job.job_id}: another story owns it, or this attempt has another job already"
    return Doubt("job_owned_by_another_story", message, bytes_sent=True, accepted=True, job_id=job.job_id)


def fate_of(intent: Record, dead: DeadSpool) -> Void | Doubt:
    """Rule 7: what became of an open intent whose process is dead."""
    if (intent.story_id, intent.attempt) in dead.sending:
        return Doubt("process_died", "the process died while it was sending", bytes_sent=True)
    if not dead.is_whole:
        return Doubt("spool_damaged", "the process died, and its spool does not tell whether it was sending", True)
    return Void("never_sent", f"the process died before it was sending; spool {dead.spool_id}")


async def recover_host(ledger: Ledger) -> Recovery:
    """Take up what dead processes of this host left; safe while others live, on this host and elsewhere.

    Jobs that they had accepted are bound. An intent without outcome is voided when its process never came to send
    it, and in doubt otherwise (Rule 7).
    """
    spool = ledger.spool
    if spool is None:
        return Recovery()
    left = list(await spool.take_dead())
    spools = len(left)
    try:
        jobs = sum([await _replay(ledger, job) for dead in left for job in dead.accepted])
        failpoint(Failpoint.RECOVERY_REPLAYED)
        # Listed after the locks were taken: no intent of a dead process can be newer.
        voided, doubtful = await _settle_intents(ledger, {dead.spool_id: dead for dead in left})
        failpoint(Failpoint.RECOVERY_SETTLED)
        while left:
            await spool.fold_away(left[-1])
            left.pop()
    finally:
        for dead in left:
            await spool.release(dead)
    return Recovery(spools, jobs, voided, doubtful)


async def _replay(ledger: Ledger, spooled: SpooledJob) -> bool:
    """Bind a spooled job; True when the ledger did not know it."""
    found = await ledger.records(spooled.story_id)
    here = [record.content for record in found if isinstance(record, Record) and record.attempt == spooled.attempt]
    known = [content.job_id for content in here if isinstance(content, JobAssigned)]
    if not here or known:
        if known != [spooled.job_id]:
            _log.warning("story %s has no place for its job %s: %s", spooled.story_id, spooled.job_id, known)
        return False
    job = JobAssigned(spooled.job_id, spooled.poll_path, JobSource.RESPONSE)
    if await ledger.bind(spooled.story_id, spooled.attempt, job):
        return True
    await ledger.file(ledger.record(spooled.story_id, spooled.attempt, owned_elsewhere(job)))
    return False


async def _settle_intents(ledger: Ledger, dead: dict[str, DeadSpool]) -> tuple[int, int]:
    """File what became of open intents of dead processes; how many were voided, and how many are in doubt."""
    if not dead:
        return 0, 0
    events = await ledger.events()
    last = {story_id: fold(story_id, found).attempt for story_id, found in events.items()}
    open_intents = [
        RecordName(story_id, last[story_id], RecordKind.INTENT)
        for story_id, found in events.items()
        if {mark for attempt, mark in found if attempt == last[story_id]} == {Event.INTENT}
    ]
    voided = doubtful = 0
    for record in await ledger.read_all(open_intents):
        if isinstance(record, Record) and isinstance(record.content, Intent) and record.content.spool_id in dead:
            fate = fate_of(record, dead[record.content.spool_id])
            await ledger.file(ledger.record(record.story_id, record.attempt, fate))
            voided += isinstance(fate, Void)
            doubtful += isinstance(fate, Doubt)
    return voided, doubtful
