"""Everything that a shard's stories need, opened together and closed together."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal

from stories.client.access import ApiAccess
from stories.client.image_urls import ImageHosts
from stories.client.images import ImageClient
from stories.client.polling import PollClient
from stories.client.retries import Retries
from stories.client.submission import SubmitClient
from stories.dataset.records import Lineage
from stories.errors import TargetUnusable
from stories.finishing import FinishedStories
from stories.gate import SubmitGate
from stories.ledger.budget import Budget
from stories.ledger.submissions import Baseline, Submissions
from stories.outcomes import Carry, StoryOutcome
from stories.pacing import InFlightLimit, TokenBucket
from stories.planning import read_shard
from stories.prices import PriceList
from stories.production import Staff, StoryProducer
from stories.saving import SavingDesk
from stories.sending import Sending
from stories.tally import Tally
from stories.terms import Terms
from stories.watching import Patience
from stories.workplace import PIPELINE_VERSION, Workplace, open_workplace


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
    async with AsyncExitStack() as stack:
        workplace = await stack.enter_async_context(
            open_workplace(target, run_id=run_id, state_directory=terms.state_directory)
        )
        content = await workplace.store.read(shard_key) if workplace is not None else None
        if workplace is None or content is None:
            raise TargetUnusable(f"{target}: {shard_key} is not there; a shard is written by the run that plans it")
        stories = read_shard(content)
        tally = Tally({story.story_id: StoryOutcome.NOT_SENT for story in stories})
        finished = _finished(terms, workplace, tally, run_id=run_id, flow_run_id=flow_run_id)
        staff = await _staff(stack, terms, workplace, finished, tally, jitter=jitter, carry=carry)
        producer = StoryProducer(stories, staff)
        stack.push_async_callback(producer.close)
        yield producer


async def _staff(
    stack: AsyncExitStack,
    terms: Terms,
    workplace: Workplace,
    finished: FinishedStories,
    tally: Tally,
    *,
    jitter: random.Random,
    carry: Carry,
) -> Staff:
    access = ApiAccess(terms.api_url, terms.api_key)
    retries = Retries(workplace.clock, jitter)
    in_flight = InFlightLimit(terms.in_flight, workplace.clock)
    gate = SubmitGate()
    if carry.closed:
        gate.close(carry.closed)
    polls = await stack.enter_async_context(
        PollClient(access, retries, on_rate_limited=lambda _seconds: in_flight.slow_down())
    )
    images = await stack.enter_async_context(ImageClient(ImageHosts.of(access, terms.image_hosts), retries))
    client = await stack.enter_async_context(SubmitClient(access))
    sending = Sending(
        await _submissions(terms, workplace, polls, client),
        budget=_budget(terms, carry),
        gate=gate,
        bucket=TokenBucket(terms.submits_per_second, workplace.clock),
        in_flight=in_flight,
        price_eur=PriceList.of(await polls.models(), terms.price_per_image_eur).price_eur,
        jitter=jitter,
    )
    desk = _desk(terms, workplace, images)
    patience = _patience(terms)
    return Staff(
        workplace.ledger, sending, gate, polls, patience, desk, finished, in_flight, tally, workplace.clock, jitter
    )


async def _submissions(
    terms: Terms, workplace: Workplace, polls: PollClient, submit_client: SubmitClient
) -> Submissions:
    """Asks the service what it knows before anything is sent: the ledger's proof of what is new later on."""
    listed = await polls.jobs()
    profile = await polls.profile()
    job_ids = tuple(job.job_id for job in listed.listing.generations)
    baseline = Baseline(job_ids, listed.server_date, profile.available_eur)
    return Submissions(
        workplace.ledger, submit_client, baseline=baseline, send_idempotency_key=terms.send_idempotency_key
    )


def _budget(terms: Terms, carry: Carry) -> Budget:
    """What the shards before this one have left of the run's cap."""
    return Budget(None if terms.max_cost_eur is None else max(Decimal(0), terms.max_cost_eur - carry.bound_eur))


def _patience(terms: Terms) -> Patience:
    return Patience(
        window_seconds=terms.poll_window_seconds,
        interval_seconds=terms.poll_interval_seconds,
        deadline_seconds=terms.poll_deadline_seconds,
        lost_after_seconds=terms.lost_after_seconds,
    )


def _desk(terms: Terms, workplace: Workplace, images: ImageClient) -> SavingDesk:
    return SavingDesk(
        store=workplace.store,
        images=images,
        clock=workplace.clock,
        formats=terms.formats,
        references=terms.references,
        downloads=asyncio.Semaphore(terms.downloads),
    )


def _finished(
    terms: Terms, workplace: Workplace, tally: Tally, *, run_id: str, flow_run_id: str | None
) -> FinishedStories:
    lineage = Lineage(
        dataset_id=workplace.identity.dataset_id,
        run_id=run_id,
        run_date=workplace.clock.now().date(),
        pipeline_version=PIPELINE_VERSION,
        flow_run_id=flow_run_id,
    )
    return FinishedStories(
        workplace.store,
        workplace.commits,
        lineage,
        formats=terms.formats,
        references=terms.references,
        tally=tally,
    )
