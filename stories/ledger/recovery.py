"""Recovery: a live process finishes the work in the spools of dead processes on this host."""

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
    """The work resumed from dead processes of this host: jobs unknown to the ledger, and open intents by fate."""

    spools: int = 0
    jobs: int = 0
    voided: int = 0
    doubtful: int = 0


def owned_elsewhere(job: JobAssigned) -> Doubt:
    """Return the doubt of an attempt whose job another story owns: it may still receive the other story's job."""
    message = f"the service named job {job.job_id}: another story owns it, or this attempt has another job already"
    return Doubt("job_owned_by_another_story", message, bytes_sent=True, accepted=True, job_id=job.job_id)


def fate_of(intent: Record, dead: DeadSpool) -> Void | Doubt:
    """Return the outcome of an open intent whose process is dead (Rule 7)."""
    if (intent.story_id, intent.attempt) in dead.sending:
        return Doubt("process_died", "the process died while it was sending", bytes_sent=True)
    if not dead.is_whole:
        return Doubt("spool_damaged", "the process died, and its damaged spool does not show if it was sending", True)
    return Void("never_sent", f"the process died before it was sending; spool {dead.spool_id}")


async def recover_host(ledger: Ledger) -> Recovery:
    """Resume the work of dead processes on this host; safe beside live processes, here and on other hosts.

    Jobs in their spools are bound. An intent without an outcome is voided if its process did not begin to send, and in
    doubt otherwise (Rule 7).
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
    """Bind a spooled job; return True if the job was unknown to the ledger."""
    found = await ledger.records(spooled.story_id)
    here = [record.content for record in found if isinstance(record, Record) and record.attempt == spooled.attempt]
    known = [content.job_id for content in here if isinstance(content, JobAssigned)]
    if not here or known:
        if known != [spooled.job_id]:
            _log.warning("story %s: spooled job %s is not bound; known: %s", spooled.story_id, spooled.job_id, known)
        return False
    job = JobAssigned(spooled.job_id, spooled.poll_path, JobSource.RESPONSE)
    if await ledger.bind(spooled.story_id, spooled.attempt, job):
        return True
    await ledger.file(ledger.record(spooled.story_id, spooled.attempt, owned_elsewhere(job)))
    return False


async def _settle_intents(ledger: Ledger, dead: dict[str, DeadSpool]) -> tuple[int, int]:
    """Record the outcomes of dead processes' open intents; return the numbers of voids and of doubts."""
    if not dead:
        return 0, 0
    events = await ledger.events()
    last = {story_id: fold(story_id, found).attempt for story_id, found in events.items()}
    open_intents = [
        RecordName(story_id, last[story_id], RecordKind.INTENT)
        for story_id, found in events.items()
        if {event for attempt, event in found if attempt == last[story_id]} == {Event.INTENT}
    ]
    voided = doubtful = 0
    for record in await ledger.read_all(open_intents):
        if isinstance(record, Record) and isinstance(record.content, Intent) and record.content.spool_id in dead:
            fate = fate_of(record, dead[record.content.spool_id])
            await ledger.file(ledger.record(record.story_id, record.attempt, fate))
            voided += isinstance(fate, Void)
            doubtful += isinstance(fate, Doubt)
    return voided, doubtful
