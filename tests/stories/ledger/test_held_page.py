"""The operator's page names every reason that a story can be held for, and everything that is found out about it."""

import re
from pathlib import Path

from stories.config import DoubtPolicy
from stories.jobs.poller import JobEnd
from stories.ledger.decisions import DECISIONS, Outcome
from stories.ledger.events import JobAssigned, JobSource
from stories.ledger.open_doubts import DoubtReason
from stories.ledger.records import Record
from stories.ledger.recovery import fate_of, owned_elsewhere
from stories.ledger.spool import DeadSpool

PAGE = Path(__file__).parents[3] / "docs" / "held.md"


def fates() -> set[str]:
    """What an open intent of a dead process comes to, but for the one that provably never ran."""
    intent = Record("0" * 32, 1, "n", None, None)  # type: ignore[arg-type]  # only its name is looked at
    spools = [DeadSpool("s", frozenset({("0" * 32, 1)}), (), True), DeadSpool("s", frozenset(), (), False)]
    return {fate_of(intent, spool).reason for spool in spools}


def test_the_page_has_a_row_for_every_reason_finding_and_policy() -> None:
    told = {
        word
        for line in PAGE.read_text().splitlines()
        if line.startswith("| `")
        for word in re.findall(r"`([a-z_]+)`", line.split("|")[1])
    }
    doubts = {row.verdict.reason for row in DECISIONS if row.verdict.outcome is Outcome.DOUBT}
    ends = {end.value for end in (JobEnd.LOST, JobEnd.RESULT_MISSING)}
    by_records = {"no_outcome", "record_damaged", "records_contradict", "answer_mismatch"}
    owned = owned_elsewhere(JobAssigned("job-1", "/p", JobSource.RESPONSE)).reason
    assert told == {*doubts, *fates(), *ends, *by_records, owned, *map(str, DoubtReason), *map(str, DoubtPolicy)}
