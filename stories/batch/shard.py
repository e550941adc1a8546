"""The opening of a shard for production: dataset, session with the service, and everything that its stories share."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from functools import partial

from stories.api.images import ImageClient
from stories.api.session import ApiSession, open_session
from stories.batch.commit import CommitQueue
from stories.batch.progress import ShardProgress
from stories.batch.reconciler import PeriodicReconciler
from stories.batch.run_state import RunState
from stories.batch.story import ShardContext, ShardProducer
from stories.batch.submit import StorySubmitter
from stories.config import ImagesConfig, RunConfig
from stories.dataset.images.similarity import Likeness, likeness_named
from stories.dataset.images.thumbnails import Thumbnails
from stories.dataset.model import Lineage
from stories.dataset.quality.checks import QualityChecks
from stories.dataset.run_record import StoryOutcome
from stories.errors import TargetUnusable
from stories.jobs.image_saver import DownloadContext
from stories.ledger.heartbeat import Heartbeat
from stories.ledger.prices import PriceList
from stories.ledger.send import StorySender, read_baseline
from stories.storyboards.shards import decode_shard
from stories.storyboards.story import Story
from stories.target import PIPELINE_VERSION, OpenDataset, open_target

SessionOpener = Callable[[RunConfig, OpenDataset, RunState, random.Random], AbstractAsyncContextManager[ApiSession]]


@asynccontextmanager
async def session_of_shard(
    config: RunConfig, dataset: OpenDataset, state: RunState, jitter: random.Random
) -> AsyncIterator[ApiSession]:
    """Open a session with the real service; a poll that is answered 429 halves the slots of the run."""
    slow_down = state.slots.slow_down
    async with open_session(config, dataset.clock, jitter, on_rate_limited=lambda _seconds: slow_down()) as session:
        yield session


@asynccontextmanager
async def open_shard(
    config: RunConfig,
    state: RunState,
    *,
    target: str,
    shard_key: str,
    run_id: str,
    flow_run_id: str | None,
    jitter: random.Random,
    opener: SessionOpener = session_of_shard,
) -> AsyncIterator[ShardProducer]:
    """Open the shard at this key of the target, with a heartbeat while the block runs.

    Reads recent jobs, prices and balance from the service. Raises the errors of target, ledger and service.
    """
    async with open_target(target, run_id=run_id, state_directory=config.state_directory) as dataset:
        content = await dataset.store.read(shard_key) if dataset is not None else None
        if dataset is None or content is None:
            raise TargetUnusable(
                f"{target}: the shard {shard_key} is missing; start a new run, which writes its own shards"
            )
        lineage = Lineage(
            dataset_id=dataset.identity.dataset_id,
            run_id=run_id,
            run_date=dataset.clock.now().date(),
            pipeline_version=PIPELINE_VERSION,
            flow_run_id=flow_run_id,
        )
        async with (
            _heartbeat(dataset).running(),
            shard_over(dataset, decode_shard(content), config, state, lineage, jitter=jitter, opener=opener) as shard,
        ):
            yield shard


@asynccontextmanager
async def shard_over(
    dataset: OpenDataset,
    stories: tuple[Story, ...],
    config: RunConfig,
    state: RunState,
    lineage: Lineage,
    *,
    jitter: random.Random,
    opener: SessionOpener = session_of_shard,
) -> AsyncIterator[ShardProducer]:
    """Open a shard of these stories, as `open_shard` does, on a dataset that is open with its spool.

    `opener` opens the session with the service; a simulation passes its own, without a network.
    """
    progress = ShardProgress({story.story_id: StoryOutcome.NOT_SENT for story in stories})
    thumbnails, likeness = Thumbnails(), likeness_named(config.images.likeness)
    async with opener(config, dataset, state, jitter) as session:
        context = ShardContext(
            ledger=dataset.ledger,
            heartbeat=_heartbeat(dataset),
            state=state,
            submitter=await _submitter(config, dataset, session, state, progress, jitter=jitter),
            polls=session.polls,
            poll_policy=config.poll,
            downloads=_downloads(config.images, dataset, session.images, thumbnails, likeness),
            commits=_commits(config.images, dataset, lineage, progress, thumbnails, likeness=likeness),
            progress=progress,
            clock=dataset.clock,
            jitter=jitter,
        )
        async with aclosing(ShardProducer(stories, context)) as shard:
            yield shard


def _heartbeat(dataset: OpenDataset) -> Heartbeat:
    return Heartbeat(dataset.store, dataset.ledger.spool, dataset.clock)


async def _submitter(
    config: RunConfig,
    dataset: OpenDataset,
    session: ApiSession,
    state: RunState,
    progress: ShardProgress,
    *,
    jitter: random.Random,
) -> StorySubmitter:
    """Return the submitter, with the jobs listed before any submit as its baseline: by it, new jobs are recognised."""
    baseline = await read_baseline(session.polls)
    sender = StorySender(
        dataset.ledger, session.submits, baseline=baseline, send_idempotency_key=config.api.idempotency_key
    )
    # An adopted story is at the service again; the next run polls it.
    adopted = partial(progress.move, outcome=StoryOutcome.IN_FLIGHT)
    return StorySubmitter(
        sender,
        state=state,
        price_eur=PriceList.of(await session.polls.models(), config.money.price_per_image_eur).price_eur,
        jitter=jitter,
        reconciler=PeriodicReconciler(dataset.ledger, session.polls, config.ledger, adopted),
    )


def _downloads(
    images: ImagesConfig, dataset: OpenDataset, client: ImageClient, thumbnails: Thumbnails, likeness: Likeness
) -> DownloadContext:
    return DownloadContext(
        store=dataset.store,
        images=client,
        clock=dataset.clock,
        formats=images.formats,
        references=images.references,
        downloads=asyncio.Semaphore(images.downloads),
        thumbnails=thumbnails,
        likeness=likeness,
    )


def _commits(
    images: ImagesConfig,
    dataset: OpenDataset,
    lineage: Lineage,
    progress: ShardProgress,
    thumbnails: Thumbnails,
    *,
    likeness: Likeness,
) -> CommitQueue:
    return CommitQueue(
        dataset.store,
        dataset.commits,
        lineage,
        formats=images.formats,
        references=images.references,
        progress=progress,
        thumbnails=thumbnails,
        checks=QualityChecks(likeness, low_char_similarity=images.low_char_similarity),
    )
