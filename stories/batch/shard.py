"""Everything that a shard's stories need, opened together and closed together."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from stories.api.access import ApiAccess
from stories.api.image_hosts import ImageHosts
from stories.api.images import ImageClient
from stories.api.poll import PollClient
from stories.api.retries import Retries
from stories.api.submit import SubmitClient
from stories.batch.circuit_breaker import CircuitBreaker
from stories.batch.commit import CommitQueue
from stories.batch.periodic_reconciler import PeriodicReconciler
from stories.batch.plan import read_shard
from stories.batch.progress import ShardProgress
from stories.batch.rate_limits import InFlightLimit, TokenBucket
from stories.batch.report import Carry, StoryOutcome
from stories.batch.story import ShardContext, ShardProducer
from stories.batch.submit import StorySubmitter
from stories.config import Terms
from stories.dataset.images.similarity import Likeness, likeness_named
from stories.dataset.images.thumbnails import Thumbnails
from stories.dataset.model import Lineage
from stories.dataset.quality.checks import QualityChecks
from stories.errors import TargetUnusable
from stories.jobs.image_saver import DownloadContext
from stories.jobs.poller import PollPolicy
from stories.ledger.budget import Budget
from stories.ledger.heartbeat import Heartbeat
from stories.ledger.prices import PriceList
from stories.ledger.send import Baseline, StorySender
from stories.storyboards.story import Story
from stories.target import PIPELINE_VERSION, OpenDataset, open_target


@asynccontextmanager
async def open_shard(
    terms: Terms,
    *,
    target: str,
    shard_key: str,
    run_id: str,
    flow_run_id: str | None,
    jitter: random.Random,
    carry: Carry,
) -> AsyncIterator[ShardProducer]:
    """A producer for the stories of one shard; `carry` is what the shards before it leave of the run's cost cap.

    Asks the service for its recent jobs, prices and balance first. Raises what target, ledger and service raise.
    """
    async with open_target(target, run_id=run_id, state_directory=terms.state_directory) as dataset:
        content = await dataset.store.read(shard_key) if dataset is not None else None
        if dataset is None or content is None:
            raise TargetUnusable(f"{target}: {shard_key} is not there; a shard is written by the run that plans it")
        lineage = _lineage(dataset, run_id, flow_run_id)
        stories = read_shard(content)
        async with (
            _heartbeat(dataset).shown(),
            shard_over(dataset, stories, terms, lineage, jitter=jitter, carry=carry) as producer,
        ):
            yield producer


@dataclass(frozen=True)
class Clients:
    """What a producer reaches the network through."""

    polls: PollClient
    images: ImageClient
    submits: SubmitClient


@asynccontextmanager
async def open_clients(
    terms: Terms, dataset: OpenDataset, in_flight: InFlightLimit, jitter: random.Random
) -> AsyncIterator[Clients]:
    """Those of the real API, with the key of the terms."""
    access, retries = ApiAccess(terms.api_url, terms.api_key), Retries(dataset.clock, jitter)
    async with (
        _polls(access, retries, terms, in_flight) as polls,
        ImageClient(ImageHosts.of(access, terms.image_hosts), retries, timeouts=terms.image_timeouts) as images,
        SubmitClient(access, terms.submit_timeouts) as submits,
    ):
        yield Clients(polls, images, submits)


def _polls(access: ApiAccess, retries: Retries, terms: Terms, in_flight: InFlightLimit) -> PollClient:
    slow_down = in_flight.slow_down
    return PollClient(access, retries, timeouts=terms.poll_timeouts, on_rate_limited=lambda _seconds: slow_down())


@asynccontextmanager
async def shard_over(
    dataset: OpenDataset,
    stories: tuple[Story, ...],
    terms: Terms,
    lineage: Lineage,
    *,
    jitter: random.Random,
    carry: Carry,
    opened: Callable[
        [Terms, OpenDataset, InFlightLimit, random.Random], AbstractAsyncContextManager[Clients]
    ] = open_clients,
) -> AsyncIterator[ShardProducer]:
    """A producer for these stories on a target that is open with its spool; otherwise as `open_shard`.

    `opened` is the seam to the network; a simulation brings its own.
    """
    breaker, in_flight = CircuitBreaker(carry.closed), InFlightLimit(terms.in_flight, dataset.clock)
    thumbnails, likeness = Thumbnails(), likeness_named(terms.likeness)
    progress = ShardProgress({story.story_id: StoryOutcome.NOT_SENT for story in stories})
    async with opened(terms, dataset, in_flight, jitter) as clients:
        staff = ShardContext(
            ledger=dataset.ledger,
            heartbeat=_heartbeat(dataset),
            sending=await _sending(
                terms, dataset, clients, carry, breaker=breaker, in_flight=in_flight, progress=progress, jitter=jitter
            ),
            breaker=breaker,
            polls=clients.polls,
            poll_policy=_poll_policy(terms),
            downloads_context=_download_context(terms, dataset, clients.images, thumbnails, likeness),
            finished=_finished(terms, dataset, lineage, progress, thumbnails, likeness=likeness),
            in_flight=in_flight,
            progress=progress,
            clock=dataset.clock,
            jitter=jitter,
        )
        async with aclosing(ShardProducer(stories, staff)) as producer:
            yield producer


def _periodic_reconciler(
    terms: Terms, dataset: OpenDataset, clients: Clients, progress: ShardProgress
) -> PeriodicReconciler:
    """A story whose job is found is at the service again; the next run polls it."""
    adopted = partial(progress.move, outcome=StoryOutcome.IN_FLIGHT)
    return PeriodicReconciler(dataset.ledger, clients.polls, terms.doubts, adopted)


def _heartbeat(dataset: OpenDataset) -> Heartbeat:
    return Heartbeat(dataset.store, dataset.ledger.spool, dataset.clock)


async def _sending(
    terms: Terms,
    dataset: OpenDataset,
    clients: Clients,
    carry: Carry,
    *,
    breaker: CircuitBreaker,
    in_flight: InFlightLimit,
    progress: ShardProgress,
    jitter: random.Random,
) -> StorySubmitter:
    return StorySubmitter(
        await _submissions(terms, dataset, clients),
        budget=_budget(terms, carry),
        breaker=breaker,
        bucket=TokenBucket(terms.submits_per_second, dataset.clock),
        in_flight=in_flight,
        price_eur=PriceList.of(await clients.polls.models(), terms.price_per_image_eur).price_eur,
        jitter=jitter,
        periodic_reconciler=_periodic_reconciler(terms, dataset, clients, progress),
    )


async def _submissions(terms: Terms, dataset: OpenDataset, clients: Clients) -> StorySender:
    """Asks the service what it knows before anything is sent: the ledger's proof of what is new later on."""
    listed = await clients.polls.jobs()
    profile = await clients.polls.profile()
    return StorySender(
        dataset.ledger,
        clients.submits,
        baseline=Baseline(
            tuple(job.job_id for job in listed.listing.generations), listed.server_date, profile.available_eur
        ),
        send_idempotency_key=terms.send_idempotency_key,
    )


def _budget(terms: Terms, carry: Carry) -> Budget:
    """What the shards before this one have left of the run's cap and of the target's, whichever is less."""
    left_eur = []
    if terms.max_cost_eur is not None:
        left_eur.append(terms.max_cost_eur - carry.money.bound_eur)
    if terms.max_cost_eur_total is not None:
        left_eur.append(terms.max_cost_eur_total - carry.bound_before_eur - carry.money.bound_eur)
    return Budget(max(Decimal(0), min(left_eur)) if left_eur else None)


def _poll_policy(terms: Terms) -> PollPolicy:
    return PollPolicy(
        window_seconds=terms.poll_window_seconds,
        interval_seconds=terms.poll_interval_seconds,
        deadline_seconds=terms.poll_deadline_seconds,
        lost_after_seconds=terms.lost_after_seconds,
    )


def _download_context(
    terms: Terms, dataset: OpenDataset, images: ImageClient, thumbnails: Thumbnails, likeness: Likeness
) -> DownloadContext:
    return DownloadContext(
        store=dataset.store,
        images=images,
        clock=dataset.clock,
        formats=terms.formats,
        references=terms.references,
        downloads=asyncio.Semaphore(terms.downloads),
        thumbnails=thumbnails,
        likeness=likeness,
    )


def _finished(
    terms: Terms,
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
        formats=terms.formats,
        references=terms.references,
        progress=progress,
        thumbnails=thumbnails,
        checks=QualityChecks(likeness, low_char_similarity=terms.low_char_similarity),
    )


def _lineage(dataset: OpenDataset, run_id: str, flow_run_id: str | None) -> Lineage:
    return Lineage(
        dataset_id=dataset.identity.dataset_id,
        run_id=run_id,
        run_date=dataset.clock.now().date(),
        pipeline_version=PIPELINE_VERSION,
        flow_run_id=flow_run_id,
    )
