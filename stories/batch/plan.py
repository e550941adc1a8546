"""What is left to do: the source against the manifest and the ledger, split into shards on the target."""

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from stories.batch.places import check_places
from stories.batch.reconciler import reconcile_target
from stories.batch.report import Carry, Counts, RunReport, StoryOutcome, Trouble, counted
from stories.batch.service_account import AccountSnapshot, read_account
from stories.batch.status import money_on
from stories.config import Terms
from stories.dataset import layout
from stories.dataset.model import StoryStatus
from stories.dataset.run_record import open_run
from stories.errors import ConfigurationError
from stories.failpoints import Failpoint, failpoint
from stories.ledger.failures import reopen
from stories.ledger.heartbeat import Heartbeat
from stories.ledger.states import StoryState, SubmitState
from stories.storyboards.collection import Collection, collect
from stories.storyboards.story import Story
from stories.strict_json import JsonObject
from stories.target import OpenDataset, begin_target, open_target

_OUTCOME_OF_COMMITTED = {
    StoryStatus.COMPLETED: StoryOutcome.DONE_BEFORE,
    StoryStatus.PARTIAL: StoryOutcome.PARTIAL,
    StoryStatus.FAILED: StoryOutcome.FAILED,
    StoryStatus.DEAD_LETTER: StoryOutcome.REJECTED,
}
_FOUND = ("storyboards", "invalid", "duplicates")
_UNDECIDED = (SubmitState.IN_DOUBT, SubmitState.HELD)
_SETTLED = (*_UNDECIDED, SubmitState.ABANDONED, SubmitState.EXHAUSTED)


@dataclass(frozen=True)
class BatchRun:
    """One execution: what is read, where it goes, and how it is cut."""

    source: str
    target: str
    run_id: str
    samples: int
    column: str
    shard_stories: int
    retry_failed: bool = False


@dataclass(frozen=True)
class Outlook:
    """What a run has before it; `settled` is everything that needs no work, under its outcome."""

    settled: RunReport
    to_send: int
    to_take_up: int
    price_eur: Decimal
    available_eur: Decimal | None
    balance_eur: Decimal | None = None

    def figures(self) -> JsonObject:
        """The outlook as `depicta batch plan --json` prints it; amounts in euros are decimal texts."""
        return {
            "counts": self.settled.counts.model_dump(mode="json", include=set(_FOUND)),
            "settled": self.settled.counts.stories,
            "to_send": self.to_send,
            "to_take_up": self.to_take_up,
            "price_max_eur": str(self.price_eur),
            "available_eur": None if self.available_eur is None else str(self.available_eur),
        }

    @property
    def work(self) -> int:
        """Stories that have a step left."""
        return self.to_send + self.to_take_up


@dataclass(frozen=True)
class ShardedPlan:
    """An outlook, and the keys of the shards that carry its work; nothing is written when there is none."""

    outlook: Outlook
    shards: tuple[str, ...]


@dataclass(frozen=True)
class _Records:
    """What manifest and ledger know before the source is looked at."""

    committed: dict[str, StoryStatus]
    story_states: dict[str, StoryState]
    reasons: dict[str, str]
    busy: frozenset[str] = frozenset()
    """Stories that another process is sending now."""

    def outcome(self, story_id: str) -> StoryOutcome | None:
        """The outcome of a story that needs no work; None for one that does."""
        if story_id in self.committed:
            return _OUTCOME_OF_COMMITTED[self.committed[story_id]]
        story_state = self.story_states.get(story_id)
        if story_state is None or story_state.state not in _SETTLED:
            return None
        if story_id in self.busy:
            return StoryOutcome.IN_FLIGHT
        return StoryOutcome.HELD if story_state.state in _UNDECIDED else StoryOutcome.FAILED

    def is_to_be_sent(self, story_id: str) -> bool:
        """Whether the story's next step is a submit."""
        story_state = self.story_states.get(story_id)
        return self.outcome(story_id) is None and (story_state is None or story_state.next_attempt is not None)


async def plan_shards(batch: BatchRun, terms: Terms, jitter: random.Random) -> ShardedPlan:
    """Find what is left to do and write it as shards beside the run's receipt.

    The target is proven and the account read only when there is something to do: a finished batch writes and asks
    nothing.
    """
    check_places(batch.source, batch.target)
    with await asyncio.to_thread(collect, batch.source, samples=batch.samples, column=batch.column) as collection:
        async with open_target(batch.target, run_id=batch.run_id, state_directory=terms.state_directory) as dataset:
            await _resume(dataset, terms, jitter)
            if dataset is not None and batch.retry_failed:
                await _reopen_failed(dataset, collection)
            records = await _read_records(dataset)
        outlook = await _outlook(collection, records, terms, jitter)
        if outlook.work == 0:
            return ShardedPlan(outlook, ())
        async with begin_target(batch.target, run_id=batch.run_id) as dataset:
            outlook = await _with_bound(outlook, dataset, terms)
            failpoint(Failpoint.RUN_PLANNED)
            await open_run(
                dataset.store,
                batch.run_id,
                source=batch.source,
                terms=terms,
                clock=dataset.clock,
                balance_eur=outlook.balance_eur,
            )
            failpoint(Failpoint.RUN_OPENED)
            work = (story for story in collection.stories() if records.outcome(story.story_id) is None)
            shards = [
                await _write_shard(dataset, batch.run_id, number, stories)
                for number, stories in enumerate(_slices(work, batch.shard_stories), start=1)
            ]
    return ShardedPlan(outlook, tuple(shards))


async def look_ahead(batch: BatchRun, terms: Terms, jitter: random.Random) -> Outlook:
    """What `plan_shards` would find; nothing is written, on the target or elsewhere, and nothing recovered."""
    check_places(batch.source, batch.target)
    with await asyncio.to_thread(collect, batch.source, samples=batch.samples, column=batch.column) as collection:
        async with open_target(batch.target, run_id=batch.run_id, state_directory=None) as dataset:
            records = await _read_records(dataset)
        return await _outlook(collection, records, terms, jitter)


def read_shard(content: bytes) -> tuple[Story, ...]:
    """The stories of a shard object."""
    lines = (json.loads(line) for line in content.splitlines())
    return tuple(
        Story.from_body(line["body"].encode(), sample=line["sample"], source_uris=line["source_uris"]) for line in lines
    )


async def _resume(dataset: OpenDataset | None, terms: Terms, jitter: random.Random) -> None:
    """Finish what earlier runs left half done, and look for the jobs of stories that are in doubt."""
    if dataset is not None:
        await reconcile_target(dataset, terms, jitter)
        await _heartbeat(dataset).expire()
        await dataset.commits.recover()


async def _reopen_failed(dataset: OpenDataset, collection: Collection) -> None:
    """Allow one more attempt at each story of the source that failed as often as it may; nothing was charged for it."""
    story_states = await dataset.ledger.survey()
    for story in collection.stories():
        story_state = story_states.get(story.story_id)
        if story_state is not None and story_state.state is SubmitState.EXHAUSTED:
            await reopen(dataset.ledger, story.story_id, story_state.attempt)


async def _with_bound(outlook: Outlook, dataset: OpenDataset, terms: Terms) -> Outlook:
    """With what the target has cost and may still cost, when there is a cap on that."""
    if terms.max_cost_eur_total is None:
        return outlook
    carry = Carry(bound_before_eur=(await money_on(dataset)).bound_eur)
    return replace(outlook, settled=outlook.settled.model_copy(update={"carry": carry}))


async def _read_records(dataset: OpenDataset | None) -> _Records:
    if dataset is None:
        return _Records({}, {}, {})
    committed = await dataset.commits.committed()
    story_states = await dataset.ledger.survey()
    reasons, busy, heartbeat = {}, set(), _heartbeat(dataset)
    for story_id, story_state in story_states.items():
        if story_id not in committed and story_state.state in _SETTLED:
            entry = await dataset.ledger.entry(story_id)
            reasons[story_id] = f"{entry.reason or entry.state}: {entry.message or 'no answer was recorded'}"
            if await heartbeat.owned_by_other(entry):
                reasons[story_id] = "another run is at it"
                busy.add(story_id)
    return _Records(committed, story_states, reasons, frozenset(busy))


def _heartbeat(dataset: OpenDataset) -> Heartbeat:
    return Heartbeat(dataset.store, dataset.ledger.spool, dataset.clock)


async def _outlook(collection: Collection, records: _Records, terms: Terms, jitter: random.Random) -> Outlook:
    settled, to_send, to_take_up = await asyncio.to_thread(_sorted_out, collection, records)
    if not to_send and not to_take_up:
        return Outlook(settled, 0, 0, Decimal(0), None)
    account = await read_account(terms, jitter)
    price_eur = await asyncio.to_thread(_price_eur, collection, records, account, terms)
    return Outlook(settled, to_send, to_take_up, price_eur, account.available_eur, account.balance_eur)


def _sorted_out(collection: Collection, records: _Records) -> tuple[RunReport, int, int]:
    """What needs no work, and how many stories are to be sent and to be taken up."""
    outcomes: list[StoryOutcome] = []
    troubles = [_invalid(uri, problems) for uri, problems in _problems(collection)]
    to_send = to_take_up = 0
    for story in collection.stories():
        outcome = records.outcome(story.story_id)
        if outcome is not None:
            outcomes.append(outcome)
            troubles += _trouble_before(story, outcome, records)
        elif records.is_to_be_sent(story.story_id):
            to_send += 1
        else:
            to_take_up += 1
    found = collection.counts
    counts = counted(outcomes).plus(
        Counts(storyboards=found.storyboards, invalid=found.invalid, duplicates=found.duplicates)
    )
    return RunReport(counts=counts, troubles=tuple(troubles)), to_send, to_take_up


def _price_eur(collection: Collection, records: _Records, account: AccountSnapshot, terms: Terms) -> Decimal:
    """What all stories that are to be sent may cost; raises `ConfigurationError` when the cap does not cover one."""
    sum_eur = Decimal(0)
    least_eur: Decimal | None = None
    for story in collection.stories():
        if records.is_to_be_sent(story.story_id):
            price_eur = account.prices.price_eur(story)
            sum_eur += price_eur
            least_eur = price_eur if least_eur is None else min(least_eur, price_eur)
    if least_eur is not None and terms.max_cost_eur is not None and least_eur > terms.max_cost_eur:
        raise ConfigurationError(
            f"the cost cap of {terms.max_cost_eur} EUR does not cover one story, which may cost {least_eur} EUR; "
            "raise --max-cost-eur"
        )
    return sum_eur


def _problems(collection: Collection) -> Iterator[tuple[str, str]]:
    for unusable in collection.invalid():
        yield unusable.uri, "; ".join(str(problem) for problem in unusable.problems)


def _invalid(uri: str, problems: str) -> Trouble:
    return Trouble(label=uri, story_id=None, outcome=None, reason="invalid_storyboard", message=problems)


def _trouble_before(story: Story, outcome: StoryOutcome, records: _Records) -> list[Trouble]:
    if outcome is StoryOutcome.DONE_BEFORE:
        return []
    message = records.reasons.get(story.story_id, "settled by an earlier run; its row in the manifest says why")
    reason = outcome.value
    return [Trouble(label=story.label, story_id=story.story_id, outcome=outcome, reason=reason, message=message)]


def _slices(stories: Iterator[Story], size: int) -> Iterator[list[Story]]:
    slice_: list[Story] = []
    for story in stories:
        slice_.append(story)
        if len(slice_) == size:
            yield slice_
            slice_ = []
    if slice_:
        yield slice_


async def _write_shard(dataset: OpenDataset, run_id: str, number: int, stories: list[Story]) -> str:
    key = layout.shard_key(run_id, number)
    lines = [
        json.dumps({"body": story.body.decode(), "sample": story.sample, "source_uris": story.source_uris})
        for story in stories
    ]
    await dataset.store.publish(key, "\n".join(lines).encode())
    return key
