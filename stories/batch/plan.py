"""The plan of a run: the stories of the source that manifest and ledger leave to do, cut into shards on the target."""

import asyncio
import random
from dataclasses import dataclass
from decimal import Decimal

from stories.batch.account_balance import AccountSnapshot, read_account
from stories.batch.known_stories import KnownStories, read_known_stories
from stories.batch.reconciler import reconcile_target
from stories.batch.status import money_on
from stories.config import RunConfig
from stories.dataset import layout
from stories.dataset.run_record import (
    RECORD_VERSION,
    Counts,
    RunRecord,
    RunReport,
    StoryOutcome,
    Trouble,
    count_outcomes,
    write_run_record,
)
from stories.errors import ConfigurationError, SourceUnreadable, TargetUnusable
from stories.failpoints import Failpoint, failpoint
from stories.ledger.heartbeat import Heartbeat
from stories.ledger.operators import reopen
from stories.ledger.states import SubmitState
from stories.storage.location import open_location
from stories.storyboards.collection import Collection, collect
from stories.storyboards.shards import cut_shards, encode_shard
from stories.storyboards.source_files import find_files
from stories.target import OpenDataset, begin_target, open_target

_FOUND = {"storyboards", "invalid", "duplicates"}


@dataclass(frozen=True)
class BatchRun:
    """One execution of the batch."""

    source: str
    target: str
    run_id: str
    retry_failed: bool = False
    """Allow one more attempt at each story whose job failed three times; failed jobs cost nothing."""


@dataclass(frozen=True)
class Forecast:
    """The work that is left for a run; `without_work` counts every story that needs none, by outcome."""

    without_work: RunReport
    to_send: int
    to_resume: int
    price_eur: Decimal
    available_eur: Decimal | None
    balance_eur: Decimal | None = None

    @property
    def counts(self) -> Counts:
        """The storyboards that were found, and the stories that need no work."""
        return self.without_work.counts

    @property
    def work(self) -> int:
        """Number of stories that have a step left."""
        return self.to_send + self.to_resume


@dataclass(frozen=True)
class ShardedPlan:
    """A forecast and the keys of the shards that hold its work; without work no shard is written."""

    forecast: Forecast
    shards: tuple[str, ...]
    bound_before_eur: Decimal = Decimal(0)
    """Euros spent and reserved on the target before the run; read only when the target has a cost cap."""


async def plan_shards(run: BatchRun, config: RunConfig, jitter: random.Random) -> ShardedPlan:
    """Find the work that is left, open the run record, and write the work as shards on the target.

    Checks the target and reads the account only when there is work: a finished batch writes and requests nothing.
    """
    check_places(run.source, run.target)
    boards = config.storyboards
    with await asyncio.to_thread(collect, run.source, samples=boards.samples, column=boards.column) as collection:
        async with open_target(run.target, run_id=run.run_id, state_directory=config.state_directory) as dataset:
            if dataset is not None:
                await _resume(dataset, config, jitter)
                if run.retry_failed:
                    await _reopen_failed(dataset, collection)
            known = await read_known_stories(dataset)
        forecast = await _forecast(collection, known, config, jitter)
        if forecast.work == 0:
            return ShardedPlan(forecast, ())
        async with begin_target(run.target, run_id=run.run_id) as dataset:
            has_total_cap = config.money.max_cost_eur_total is not None
            bound_before_eur = (await money_on(dataset)).bound_eur if has_total_cap else Decimal(0)
            failpoint(Failpoint.RUN_PLANNED)
            await write_run_record(dataset.store, _record(run, config, dataset, forecast))
            failpoint(Failpoint.RUN_OPENED)
            shards = await _write_shards(run, config, dataset, collection, known)
    return ShardedPlan(forecast, shards, bound_before_eur)


async def forecast_run(run: BatchRun, config: RunConfig, jitter: random.Random) -> Forecast:
    """Return the forecast that `plan_shards` would make; writes nothing and recovers nothing."""
    check_places(run.source, run.target)
    boards = config.storyboards
    with await asyncio.to_thread(collect, run.source, samples=boards.samples, column=boards.column) as collection:
        async with open_target(run.target, run_id=run.run_id, state_directory=None) as dataset:
            known = await read_known_stories(dataset)
        return await _forecast(collection, known, config, jitter)


def check_places(source: str, target: str) -> None:
    """Raise `SourceUnreadable`, `TargetUnusable` or `ConfigurationError` for a source or target that cannot be used.

    Lists the source and writes nothing: the target is checked when there is something to write.
    """
    place = open_location(target, refusal=TargetUnusable).url
    _refuse_target_in_source(source, place)
    find_files(source, None)


def _refuse_target_in_source(source: str, place: str) -> None:
    """Raise `ConfigurationError` for a target in the source, whose sidecars the next run would read as storyboards."""
    fixed, wildcard, _ = source.partition("*")
    if wildcard and "**" not in source:
        return
    root = open_location(fixed.rstrip("/") or ".", refusal=SourceUnreadable).url
    if f"{place}/".startswith(f"{root}/"):
        raise ConfigurationError(f"the target {place} lies inside the source {source}; choose a place outside of it")


async def _resume(dataset: OpenDataset, config: RunConfig, jitter: random.Random) -> None:
    """Finish what earlier runs left incomplete, and look for the jobs of stories that are in doubt."""
    await reconcile_target(dataset, config, jitter)
    await Heartbeat(dataset.store, dataset.ledger.spool, dataset.clock).expire()
    await dataset.commits.recover()


async def _reopen_failed(dataset: OpenDataset, collection: Collection) -> None:
    states = await dataset.ledger.survey()
    for story in collection.stories():
        known = states.get(story.story_id)
        if known is not None and known.state is SubmitState.EXHAUSTED:
            await reopen(dataset.ledger, story.story_id, known.attempt)


def _record(run: BatchRun, config: RunConfig, dataset: OpenDataset, forecast: Forecast) -> RunRecord:
    """Return the record of a run that has sent nothing yet: its source and its resolved settings, the key masked."""
    return RunRecord(
        receipt_version=RECORD_VERSION,
        run_id=run.run_id,
        source=run.source,
        started_at=dataset.clock.now(),
        balance_before_eur=forecast.balance_eur,
        settings=config.model_dump(mode="json"),
    )


async def _write_shards(
    run: BatchRun, config: RunConfig, dataset: OpenDataset, collection: Collection, known: KnownStories
) -> tuple[str, ...]:
    work = (story for story in collection.stories() if known.outcome(story.story_id) is None)
    keys = []
    for number, stories in enumerate(cut_shards(work, config.dataset.shard_stories), start=1):
        keys.append(layout.shard_key(run.run_id, number))
        await dataset.store.publish(keys[-1], encode_shard(stories))
    return tuple(keys)


async def _forecast(collection: Collection, known: KnownStories, config: RunConfig, jitter: random.Random) -> Forecast:
    without_work, to_send, to_resume = await asyncio.to_thread(_sorted_out, collection, known)
    if not to_send and not to_resume:
        return Forecast(without_work, 0, 0, Decimal(0), None)
    account = await read_account(config, jitter)
    price_eur = await asyncio.to_thread(_price_eur, collection, known, account, config)
    return Forecast(without_work, to_send, to_resume, price_eur, account.available_eur, account.balance_eur)


def _sorted_out(collection: Collection, known: KnownStories) -> tuple[RunReport, int, int]:
    """Return the report on stories that need no work, the number of stories to send, and the number to resume."""
    outcomes: list[StoryOutcome] = []
    troubles = [
        Trouble(label=it.uri, story_id=None, outcome=None, reason="invalid_storyboard", message=it.explanation)
        for it in collection.invalid()
    ]
    to_send = to_resume = 0
    for story in collection.stories():
        outcome = known.outcome(story.story_id)
        if outcome is not None:
            outcomes.append(outcome)
            troubles += filter(None, [known.trouble(story, outcome)])
        elif known.is_to_be_sent(story.story_id):
            to_send += 1
        else:
            to_resume += 1
    found = {name: getattr(collection.counts, name) for name in _FOUND}
    counts = count_outcomes(outcomes).plus(Counts(**found))
    return RunReport(counts=counts, troubles=tuple(troubles)), to_send, to_resume


def _price_eur(collection: Collection, known: KnownStories, account: AccountSnapshot, config: RunConfig) -> Decimal:
    """Return the highest price of the stories to send, in euros.

    Raises `ConfigurationError` when the cost cap does not cover one story.
    """
    sum_eur = Decimal(0)
    least_eur: Decimal | None = None
    for story in collection.stories():
        if known.is_to_be_sent(story.story_id):
            price_eur = account.prices.price_eur(story)
            sum_eur += price_eur
            least_eur = price_eur if least_eur is None else min(least_eur, price_eur)
    cap_eur = config.money.cap_eur
    if least_eur is not None and cap_eur is not None and least_eur > cap_eur:
        raise ConfigurationError(
            f"the cost cap of {cap_eur} EUR does not cover one story, which may cost {least_eur} EUR; "
            "raise --max-cost-eur"
        )
    return sum_eur
