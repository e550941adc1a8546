"""The status of a target: counts by state, money, and the held stories with their reasons."""

import shlex
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from stories.dataset.log.commits import Commit
from stories.dataset.model import StoryStatus
from stories.dataset.run_record import Money
from stories.ledger.entry import LedgerEntry
from stories.ledger.heartbeat import Heartbeat
from stories.ledger.states import StoryState, SubmitState
from stories.target import OpenDataset, open_target

_NO_RUN = "status"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StateCounts(_Record):
    """Numbers of the stories that the target knows, by state; the next run may send those under `open`."""

    completed: int = 0
    partial: int = 0
    failed: int = 0
    rejected: int = 0
    in_flight: int = 0
    held: int = 0
    abandoned: int = 0
    open: int = 0


class HeldStory(_Record):
    """A story that may have been, or may be, charged: its price stays reserved until it is settled."""

    story_id: str
    attempt: int
    reason: str
    message: str
    evidence: str | None
    """The proof that the service has no job of this story, if there is one; no permission to send it again."""
    since: datetime | None
    price_max_eur: Decimal | None
    settled_by: str
    """The command that settles the story."""


class TargetStatus(_Record):
    """The status of a target; `dataset_id` is None while there is no dataset. Amounts are in euros."""

    target: str
    dataset_id: str | None = None
    counts: StateCounts = StateCounts()
    images: int = 0
    bytes: int = 0
    spent_eur: Decimal = Decimal(0)
    reserved_eur: Decimal = Decimal(0)
    doubtful_eur: Decimal = Decimal(0)
    """The part of `reserved_eur` for held stories."""
    held: tuple[HeldStory, ...] = ()


async def read_status(target: str) -> TargetStatus:
    """Read the status from the commit log and the ledger of a target; writes nothing and sends no request."""
    async with open_target(target, run_id=_NO_RUN, state_directory=None) as dataset:
        if dataset is None:
            return TargetStatus(target=target)
        commits = await dataset.commits.commits()
        committed = await dataset.commits.committed()
        story_states = await dataset.ledger.survey()
        pending = [story_state for story_id, story_state in story_states.items() if story_id not in committed]
        unpaid = await _unpaid(dataset, pending)
        heartbeat = Heartbeat(dataset.store, None, dataset.clock)
        undecided = [entry for entry in unpaid if entry.state is not SubmitState.ACCEPTED]
        held = [entry for entry in undecided if not await heartbeat.owned_by_other(entry)]
        return TargetStatus(
            target=target,
            dataset_id=dataset.identity.dataset_id,
            counts=_counts(list(committed.values()), pending, held=len(held)),
            images=sum(commit.images for commit in commits),
            bytes=sum(commit.image_bytes for commit in commits),
            **_money(commits, unpaid, held).model_dump(),
            held=tuple(_held(entry, target) for entry in held),
        )


async def money_on(dataset: OpenDataset) -> Money:
    """Return the euros that the target has cost, and those reserved for stories at the service and in doubt."""
    commits, committed = await dataset.commits.commits(), await dataset.commits.committed()
    story_states = await dataset.ledger.survey()
    pending = [story_state for story_id, story_state in story_states.items() if story_id not in committed]
    unpaid = await _unpaid(dataset, pending)
    return _money(commits, unpaid, [entry for entry in unpaid if entry.state is not SubmitState.ACCEPTED])


async def _unpaid(dataset: OpenDataset, pending: list[StoryState]) -> list[LedgerEntry]:
    return [
        await dataset.ledger.entry(story_state.story_id)
        for story_state in pending
        if _state_of(story_state) in ("in_flight", "held")
    ]


def _money(commits: Sequence[Commit], unpaid: list[LedgerEntry], held: list[LedgerEntry]) -> Money:
    return Money(
        spent_eur=sum((commit.cost_eur for commit in commits), Decimal(0)),
        reserved_eur=sum((entry.price_max_eur or Decimal(0) for entry in unpaid), Decimal(0)),
        doubtful_eur=sum((entry.price_max_eur or Decimal(0) for entry in held), Decimal(0)),
    )


def _counts(committed: list[StoryStatus], pending: list[StoryState], *, held: int) -> StateCounts:
    """Count stories by state; one that a process is sending now is not in `held` and counts as in flight."""
    states = ["rejected" if status is StoryStatus.DEAD_LETTER else status.value for status in committed]
    states += [_state_of(story_state) for story_state in pending]
    counts = {name: states.count(name) for name in StateCounts.model_fields}
    return StateCounts(**counts | {"held": held, "in_flight": counts["in_flight"] + counts["held"] - held})


def _state_of(story_state: StoryState) -> str:
    match story_state.state:
        case SubmitState.ACCEPTED:
            return "in_flight"
        case SubmitState.IN_DOUBT | SubmitState.HELD:
            return "held"
        case SubmitState.ABANDONED:
            return "abandoned"
        case SubmitState.REJECTED:
            return "rejected"
        case SubmitState.EXHAUSTED:
            return "failed"
        case _:
            return "open"


def _settled_by(entry: LedgerEntry, target: str) -> str:
    """Return the command: reconcile while a job may still be found, otherwise resolve, which is a person's decision."""
    if entry.state is SubmitState.IN_DOUBT and entry.evidence is None:
        return f"depicta batch reconcile {shlex.quote(target)}"
    choice = "--resubmit" if entry.evidence is not None else "--resubmit|--abandon"
    return f"depicta batch resolve {shlex.quote(target)} {entry.story_id} {choice} --reason TEXT"


def _held(entry: LedgerEntry, target: str) -> HeldStory:
    return HeldStory(
        story_id=entry.story_id,
        attempt=entry.attempt,
        reason=entry.reason or entry.state.value,
        message=entry.message or "",
        evidence=entry.evidence,
        since=entry.since,
        price_max_eur=entry.price_max_eur,
        settled_by=_settled_by(entry, target),
    )
