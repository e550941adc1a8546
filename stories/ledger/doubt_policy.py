"""What may be done about an attempt of which nobody knows what came of it."""

from dataclasses import dataclass
from enum import StrEnum

SHORTEST_SETTLING_SECONDS = 900.0


class DoubtPolicy(StrEnum):
    """What becomes of a doubt when no job explains it. The last two approve one more charge for each story."""

    HOLD = "hold"
    RESUBMIT_IF_ABSENT_PROVEN = "resubmit_if_absent_proven"
    RESUBMIT_AFTER_CONFIRM = "resubmit_after_confirm"


@dataclass(frozen=True)
class ReconcileTerms:
    """What the reconciler may do.

    `account_exclusive`: nobody else sends with this account, so that a job with a story's prompts is the story's.
    `may_adopt`: a person's consent, for this once, to take one that may be somebody else's. `confirmed_by`: the person
    who confirms, for this once, what `resubmit_after_confirm` resubmits. `listing_cap`: how many jobs the service
    lists at most, if that is known.
    """

    policy: DoubtPolicy = DoubtPolicy.HOLD
    account_exclusive: bool = True
    settling_seconds: float = SHORTEST_SETTLING_SECONDS
    listing_cap: int | None = None
    may_adopt: bool = False
    confirmed_by: str | None = None

    def __post_init__(self) -> None:
        if not self.settling_seconds >= SHORTEST_SETTLING_SECONDS:
            raise ValueError(f"a listing settles in {SHORTEST_SETTLING_SECONDS:g} seconds, not {self.settling_seconds}")
