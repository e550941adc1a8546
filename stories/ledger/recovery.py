"""What is made of what a dead process left: its open intents and its spooled jobs."""

from dataclasses import dataclass

from stories.ledger.events import Doubt, JobAssigned, Record, Void
from stories.ledger.spool import DeadSpool


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
