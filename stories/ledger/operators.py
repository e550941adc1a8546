"""Final decisions of a person about held stories, with name and reason. Rule 2 lets them open the next attempt."""

import re
from dataclasses import dataclass

from stories.errors import DecisionRefused
from stories.ledger.entry import Damaged, LedgerEntry, entry_of
from stories.ledger.events import Decision, Doubt, Operator, RecordKind
from stories.ledger.ledger import Ledger
from stories.ledger.records import Record, record_key
from stories.ledger.states import SubmitState

_STORY_ID = re.compile(r"[0-9a-f]{32}")
_HELD = (SubmitState.IN_DOUBT, SubmitState.HELD)


@dataclass(frozen=True)
class Settlement:
    """A recorded decision: the new entry of the story, and the consequence in words for the person."""

    entry: LedgerEntry
    consequence: str


async def settle(ledger: Ledger, story_id: str, decision: Decision, *, decided_by: str, reason: str) -> Settlement:
    """Record a person's decision about a held story, regardless of the reason that holds it.

    Raises `DecisionRefused` for a story that is not held, and when a decision exists already: the first one is final.
    """
    if _STORY_ID.fullmatch(story_id) is None:
        raise DecisionRefused(f"{story_id!r} is no story id: `depicta batch status` shows the ids of held stories")
    if not reason.strip():
        raise DecisionRefused("a reason is needed: only the reason will explain the decision later")
    known = await ledger.records(story_id)
    before = entry_of(story_id, known)
    if before.state not in _HELD:
        raise DecisionRefused(_not_held(before, known))
    if not await ledger.file(ledger.record(story_id, before.attempt, Operator(decision, decided_by, reason))):
        raise DecisionRefused(_decided(before, await ledger.records(story_id)))
    after = await ledger.entry(story_id)
    return Settlement(after, _consequence(before, after, known))


async def reopen(ledger: Ledger, story_id: str, attempt: int) -> bool:
    """Allow one more attempt for a story that used up its failures; return False if a decision exists already."""
    decision = Operator(Decision.RESUBMIT, f"--retry-failed of run {ledger.run_id}", "its job failed, uncharged")
    return await ledger.file(ledger.record(story_id, attempt, decision))


def _not_held(entry: LedgerEntry, known: tuple[Record | Damaged, ...]) -> str:
    if not known:
        return f"the ledger knows no story {entry.story_id}; `depicta batch status` shows the held stories"
    if any(isinstance(record, Record) and isinstance(record.content, Operator) for record in known):
        return _decided(entry, known)
    return f"story {entry.story_id} is {entry.state.value.replace('_', ' ')}, not held: there is nothing to decide"


def _decided(entry: LedgerEntry, known: tuple[Record | Damaged, ...]) -> str:
    """Return a message with the decision and its author, or one that the decision cannot be read."""
    for record in sorted((it for it in known if isinstance(it, Record)), key=lambda it: -it.attempt):
        if isinstance(record.content, Operator):
            operator = record.content
            return (
                f"story {entry.story_id} was decided by {operator.decided_by} on "
                f"{record.recorded_at:%Y-%m-%d %H:%M} UTC: {operator.decision.value} attempt {record.attempt} "
                f"({operator.reason}); it is {entry.state.value} now"
            )
    key = record_key(entry.story_id, entry.attempt, RecordKind.OPERATOR)
    return f"{key} on the target is damaged: remove that file and decide again"


def _consequence(before: LedgerEntry, after: LedgerEntry, known: tuple[Record | Damaged, ...]) -> str:
    price = "" if before.price_max_eur is None else f", for up to {before.price_max_eur:f} EUR"
    match after.state:
        case SubmitState.ACCEPTED:
            return f"its job {after.job_id} is known, and the next run resumes it; nothing is sent"
        case SubmitState.ABANDONED:
            return "it is not sent again, and no price is reserved for it any more; this decision is final"
        case _:
            risk = f"if the service took attempt {before.attempt} too, both are charged"
            if before.job_id is not None:
                risk = f"job {before.job_id} of attempt {before.attempt} may be charged as well"
            elif any(isinstance(it, Record) and isinstance(it.content, Doubt) and it.content.accepted for it in known):
                risk = f"the service accepted attempt {before.attempt}: expect both to be charged"
            return f"the next run sends it again, as attempt {after.next_attempt}{price}; {risk}"
