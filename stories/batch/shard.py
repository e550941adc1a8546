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
from stories.batch.circuit_breaker import SubmitGate
from stories.batch.commit import FinishedStories
from stories.batch.plan import read_shard
from stories.batch.progress import Tally
from stories.batch.rate_limits import InFlightLimit, TokenBucket
from stories.batch.report import Carry, StoryOutcome
from stories.batch.second_looks import SecondLooks
from stories.batch.story import Staff, StoryProducer
from stories.batch.submit import Sending
from stories.config import Terms
from stories.dataset.images.similarity import Likeness, likeness_named
from stories.dataset.images.thumbnails import Thumbnails
from stories.dataset.model import Lineage
from stories.dataset.quality.checks import Judge
from stories.errors import TargetUnusable
from stories.jobs.image_saver import SavingDesk
from stories.jobs.poller import Patience
from stories.ledger.budget import Budget
from stories.ledger.heartbeat import Presence
from stories.ledger.prices import PriceList
from stories.ledger.send import Baseline, Submissions
from stories.storyboards.story import Story
from stories.target import PIPELINE_VERSION, Workplace, open_workplace


@asynccontextmanager
async def open_producer(
    terms: Terms,
    *,
    target: str,
    shard_key: str,
    run_id: str,
    flow_run_id: str | None,
    jitter: random.Random,
    carry: Carry,
) -> AsyncIterator[StoryProducer]:
    """A producer for the stories of one shard; `carry` is what the shards before it leave of the run's cost cap.

    Asks the service for its recent jobs, prices and balance first. Raises what target, ledger and service raise.
    """
    async with open_workplace(target, run_id=run_id, state_directory=terms.state_directory) as workplace:
        content = await workplace.store.read(shard_key) if workplace is not None else None
        if workplace is None or content is None:
            raise TargetUnusable(f"{target}: {shard_key} is not there; a shard is written by the run that plans it")
        lineage = _lineage(workplace, run_id, flow_run_id)
        stories = read_shard(content)
        async with (
            _presence(workplace).shown(),
            producer_at(workplace, stories, terms, lineage, jitter=jitter, carry=carry) as producer,
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
    terms: Terms, workplace: Workplace, in_flight: InFlightLimit, jitter: random.Random
) -> AsyncIterator[Clients]:
    """Those of the real API, with the key of the terms."""
    access, retries = ApiAccess(terms.api_url, terms.api_key), Retries(workplace.clock, jitter)
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
async def producer_at(
    workplace: Workplace,
    stories: tuple[Story, ...],
    terms: Terms,
    lineage: Lineage,
    *,
    jitter: random.Random,
    carry: Carry,
    opened: Callable[
        [Terms, Workplace, InFlightLimit, random.Random], AbstractAsyncContextManager[Clients]
    ] = open_clients,
) -> AsyncIterator[StoryProducer]:
    """A producer for these stories on a target that is open with its spool; otherwise as `open_producer`.

    `opened` is the seam to the network; a simulation brings its own.
    """
    gate, in_flight = SubmitGate(carry.closed), InFlightLimit(terms.in_flight, workplace.clock)
    thumbnails, likeness = Thumbnails(), likeness_named(terms.likeness)
    tally = Tally({story.story_id: StoryOutcome.NOT_SENT for story in stories})
    async with opened(terms, workplace, in_flight, jitter) as clients:
        staff = Staff(
            ledger=workplace.ledger,
            presence=_presence(workplace),
            sending=await _sending(
                terms, workplace, clients, carry, gate=gate, in_flight=in_flight, tally=tally, jitter=jitter
            ),
            gate=gate,
            polls=clients.polls,
            patience=_patience(terms),
            desk=_desk(terms, workplace, clients.images, thumbnails, likeness),
            finished=_finished(terms, workplace, lineage, tally, thumbnails, likeness=likeness),
            in_flight=in_flight,
            tally=tally,
            clock=workplace.clock,
            jitter=jitter,
        )
        async with aclosing(StoryProducer(stories, staff)) as producer:
            yield producer


def _second_looks(terms: Terms, workplace: Workplace, clients: Clients, tally: Tally) -> SecondLooks:
    """A story whose job is found is at the service again; the next run polls it."""
    adopted = partial(tally.move, outcome=StoryOutcome.IN_FLIGHT)
    return SecondLooks(workplace.ledger, clients.polls, terms.doubts, adopted)


def _presence(workplace: Workplace) -> Presence:
    return Presence(workplace.store, workplace.ledger.spool, workplace.clock)


async def _sending(
    terms: Terms,
    workplace: Workplace,
    clients: Clients,
    carry: Carry,
    *,
    gate: SubmitGate,
    in_flight: InFlightLimit,
    tally: Tally,
    jitter: random.Random,
) -> Sending:
    return Sending(
        await _submissions(terms, workplace, clients),
        budget=_budget(terms, carry),
        gate=gate,
        bucket=TokenBucket(terms.submits_per_second, workplace.clock),
        in_flight=in_flight,
        price_eur=PriceList.of(await clients.polls.models(), terms.price_per_image_eur).price_eur,
        jitter=jitter,
        second_looks=_second_looks(terms, workplace, clients, tally),
    )


async def _submissions(terms: Terms, workplace: Workplace, clients: Clients) -> Submissions:
    """Asks the service what it knows before anything is sent: the ledger's proof of what is new later on."""
    listed = await clients.polls.jobs()
    profile = await clients.polls.profile()
    return Submissions(
        workplace.ledger,
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


def _patience(terms: Terms) -> Patience:
    return Patience(
        window_seconds=terms.poll_window_seconds,
        interval_seconds=terms.poll_interval_seconds,
        deadline_seconds=terms.poll_deadline_seconds,
        lost_after_seconds=terms.lost_after_seconds,
    )


def _desk(
    terms: Terms, workplace: Workplace, images: ImageClient, thumbnails: Thumbnails, likeness: Likeness
) -> SavingDesk:
    return SavingDesk(
        store=workplace.store,
        images=images,
        clock=workplace.clock,
        formats=terms.formats,
        references=terms.references,
        downloads=asyncio.Semaphore(terms.downloads),
        thumbnails=thumbnails,
        likeness=likeness,
    )


def _finished(
    terms: Terms, workplace: Workplace, lineage: Lineage, tally: Tally, thumbnails: Thumbnails, *, likeness: Likeness
) -> FinishedStories:
    return FinishedStories(
        workplace.store,
        workplace.commits,
        lineage,
        formats=terms.formats,
        references=terms.references,
        tally=tally,
        thumbnails=thumbnails,
        judge=Judge(likeness, low_char_similarity=terms.low_char_similarity),
    )


def _lineage(workplace: Workplace, run_id: str, flow_run_id: str | None) -> Lineage:
    return Lineage(
        dataset_id=workplace.identity.dataset_id,
        run_id=run_id,
        run_date=workplace.clock.now().date(),
        pipeline_version=PIPELINE_VERSION,
        flow_run_id=flow_run_id,
    )
