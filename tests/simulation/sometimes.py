"""What the seeds have to reach between them, or a clean verdict says nothing: states, outcomes, findings and faults."""

from collections.abc import Mapping

from stories.ledger.decisions import DECISIONS
from stories.ledger.events import Decision
from stories.ledger.open_doubts import DoubtReason
from stories.ledger.states import SubmitState

FAULTS = (
    "kill",
    "zombie",
    "cancelled",
    "not_sent",
    "lost_request",
    "lost_reply",
    "odd_answer",
    "cut_body",
    "read_trouble",
    "read_outage",
    "listing_in_pages",
    "listing_spoiled",
    "listing_unreadable",
    "no_server_date",
    "write_refused",
    "write_reply_lost",
    "store_read_trouble",
    "disk_full",
    "job_fails",
    "job_vanishes",
    "job_takes_long",
    "word_taken_back",
    "foreign_job",
)

SOMETIMES = (
    *(f"fault:{fault}" for fault in FAULTS),
    *(f"state:{state}" for state in SubmitState),
    *(f"decision:{number} {row.verdict.reason}" for number, row in enumerate(DECISIONS)),
    *(f"finding:{why}" for why in DoubtReason),
    *(f"operator:{decision}" for decision in Decision),
    "operator:policy",
    *(f"recovery:{fate}" for fate in ("spools", "jobs", "voided", "doubtful")),
    "adoption:by_fingerprint",
    "adoption:finished_for_another",
    "adoption:from_a_sleeping_twin",
    "adoption:claimed_again",
)
"""Every name that has to be in the sightings of enough seeds."""


def never_reached(sightings: Mapping[str, int]) -> list[str]:
    """What the seeds did not reach."""
    return [name for name in SOMETIMES if not sightings.get(name)]
