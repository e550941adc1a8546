"""The loop of a run: plan, shards, stories, commits, close.

Every runner passes its steps to this one loop, so that tests prove the code that runs: the flows pass Prefect tasks;
tests, kill tests and the simulation pass plain functions.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from stories.batch.account_balance import difference_note, read_balance, unexplained_eur
from stories.batch.plan import BatchRun, Forecast, ShardedPlan, plan_shards
from stories.batch.run_state import RunState
from stories.batch.shard import open_shard
from stories.batch.story import ShardProducer
from stories.clock import Clock
from stories.config import DatasetConfig, RunConfig
from stories.dataset.publication import publish
from stories.dataset.run_record import (
    Money,
    RunReport,
    read_run_record,
    write_dead_letters,
    write_run_record,
)
from stories.failpoints import Failpoint, failpoint
from stories.storyboards.story import Story
from stories.target import existing_target

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StorySteps:
    """The steps of the stories of a shard; each may be wrapped, for instance as a task that is retried."""

    submit: Callable[[ShardProducer, Story], Awaitable[bool]] = ShardProducer.submit
    poll: Callable[[ShardProducer, Story], Awaitable[bool]] = ShardProducer.poll
    save: Callable[[ShardProducer, Story], Awaitable[None]] = ShardProducer.save
    commit: Callable[[ShardProducer], Awaitable[int]] = ShardProducer.commit


async def produce_stories(shard: ShardProducer, config: DatasetConfig, steps: StorySteps) -> RunReport:
    """Take every story of the shard through its steps, as many at once as there are slots, and commit them regularly.

    An error of one story becomes part of the report. The first error that concerns more than one story cancels the
    others and is raised by itself, not in a group, so that the user reads one message.
    """
    async with committed_regularly(shard, config, steps):
        try:
            async with asyncio.TaskGroup() as stories:
                for story in shard.stories:
                    stories.create_task(_produce_story(shard, story, steps))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
    return shard.report()


async def _produce_story(shard: ShardProducer, story: Story, steps: StorySteps) -> None:
    """Take one story through its steps. A slot is held while the story is at the service, not while it is saved."""
    with shard.record_trouble(story):
        async with shard.slot():
            completed = await steps.submit(shard, story) and await steps.poll(shard, story)
        if completed:
            await steps.save(shard, story)


@asynccontextmanager
async def committed_regularly(shard: ShardProducer, config: DatasetConfig, steps: StorySteps) -> AsyncIterator[None]:
    """Commit while the block runs, when enough stories wait or one has waited long enough; commit the rest at its end.

    After a block that raises, the rest is committed as well; the error of the block is then raised, even when that
    commit fails. A commit that fails inside the block cancels the block at once, and its error is raised instead.
    """
    commits = asyncio.create_task(_commit_all(shard, config, steps))
    block = asyncio.current_task()
    if block is None:
        raise AssertionError("a coroutine runs in a task")
    inside, ended_by_commit = True, False

    def end_block(_failed: object) -> None:
        nonlocal ended_by_commit
        if inside:
            ended_by_commit = True
            block.cancel()

    commits.add_done_callback(end_block)  # without an error, `commits` ends only after `no_more_stories`
    try:
        yield
    except BaseException as error:
        inside = False
        shard.no_more_stories()
        (trouble,) = await asyncio.gather(commits, return_exceptions=True)
        if ended_by_commit:
            block.uncancel()
        if trouble is not None and ended_by_commit and isinstance(error, asyncio.CancelledError):
            raise trouble from None
        if trouble is not None:
            _log.warning("the last commit failed as well; the next run commits these stories: %s", trouble)
        raise
    inside = False
    shard.no_more_stories()
    await commits


async def _commit_all(shard: ShardProducer, config: DatasetConfig, steps: StorySteps) -> None:
    while await shard.commit_due(every_stories=config.commit_stories, every_seconds=config.commit_seconds):
        await steps.commit(shard)


async def close_run(
    run: BatchRun, report: RunReport, money: Money, config: RunConfig, jitter: random.Random
) -> RunReport:
    """Publish `metadata.parquet` and the card of all that is committed, and close the run record.

    Returns the report, with a note when it does not explain the change of the balance at the service.
    """
    async with existing_target(run.target, run_id=run.run_id) as dataset:
        await publish(dataset.store, dataset.commits, dataset.identity)
        failpoint(Failpoint.RUN_BEFORE_RECORD)
        after_eur = await read_balance(config, jitter)
        record = await read_run_record(dataset.store, run.run_id)
        before_eur, unexplained = record.balance_before_eur, None
        if before_eur is not None and after_eur is not None:
            unexplained = unexplained_eur(before_eur, after_eur, money, report.cost_eur)
            if unexplained:
                report = report.with_note(difference_note(before_eur, after_eur, unexplained))
        closed = record.closed(
            report,
            money,
            ended_at=dataset.clock.now(),
            balance_after_eur=after_eur,
            balance_unexplained_eur=unexplained,
        )
        await write_run_record(dataset.store, closed)
        await write_dead_letters(dataset.store, run.run_id, report.troubles)
        failpoint(Failpoint.RUN_CLOSED)
        return report


async def _produce_shard(
    run: BatchRun, shard_key: str, state: RunState, config: RunConfig, jitter: random.Random
) -> RunReport:
    """Produce the stories of a shard in this process, with plain steps."""
    async with open_shard(
        config, state, target=run.target, shard_key=shard_key, run_id=run.run_id, flow_run_id=None, jitter=jitter
    ) as shard:
        return await produce_stories(shard, config.dataset, StorySteps())


@dataclass(frozen=True)
class RunSteps:
    """The steps of a run; each may be wrapped, for instance as a task or as a flow of its own."""

    plan: Callable[[BatchRun, RunConfig, random.Random], Awaitable[ShardedPlan]] = plan_shards
    produce: Callable[[BatchRun, str, RunState, RunConfig, random.Random], Awaitable[RunReport]] = _produce_shard
    close: Callable[[BatchRun, RunReport, Money, RunConfig, random.Random], Awaitable[RunReport]] = close_run


@dataclass(frozen=True)
class FinishedRun:
    """The forecast and the report of a run that has ended; `has_worked` is False if there was nothing to do."""

    forecast: Forecast
    report: RunReport
    has_worked: bool


async def produce_batch(
    run: BatchRun, config: RunConfig, steps: RunSteps, *, clock: Clock, jitter: random.Random
) -> FinishedRun:
    """Produce the stories of the run's source that are not yet done into its target.

    A story that cannot be produced is counted, never raised. A `stop` in the report names the problem that a person
    has to solve before another run can do better; every accepted story is saved by then.
    """
    planned = await steps.plan(run, config, jitter)
    report = planned.forecast.without_work
    if not planned.shards:
        return FinishedRun(planned.forecast, report, has_worked=False)
    state = RunState(config, clock, bound_before_eur=planned.bound_before_eur)
    for shard_key in planned.shards:
        report = report.plus(await steps.produce(run, shard_key, state, config, jitter))
    report = await steps.close(run, report, state.money(), config, jitter)
    return FinishedRun(planned.forecast, report, has_worked=True)
