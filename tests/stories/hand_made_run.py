"""A producer as a run of its own has it, put together by hand on a clock that does not wait."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count
from pathlib import Path

from pydantic import SecretStr

from stories.client.access import ApiAccess
from stories.client.image_urls import ImageHosts
from stories.client.images import ImageClient
from stories.client.polling import PollClient
from stories.client.retries import Retries
from stories.client.submission import SubmitClient
from stories.dataset.commits import CommitLog
from stories.finishing import FinishedStories
from stories.gate import SubmitGate
from stories.json_document import JsonObject
from stories.ledger.budget import Budget
from stories.ledger.submissions import Submissions
from stories.outcomes import ProductionReport, StoryOutcome
from stories.pacing import InFlightLimit, TokenBucket
from stories.production import Staff, StoryProducer
from stories.saving import SavingDesk
from stories.sending import Sending
from stories.storage.target import open_target
from stories.storyboards.story import Story, identify
from stories.tally import Tally
from stories.watching import Patience
from stories.wire import ImageFormat
from tests.fixtures.hand_clock import HandClock
from tests.stories.dataset.saved_stories import LINEAGE
from tests.stories.ledger.workshop import BASELINE, Process
from tests.stories.scripted_api import KEY, ScriptedApi
from tests.stories.whole_runs import produce

NUMBERS = count(1)
PATIENCE = Patience(window_seconds=30, interval_seconds=3, deadline_seconds=120, lost_after_seconds=60)


def a_story(name: str = "one", scenes: int = 2) -> Story:
    board: JsonObject = {"scenes": [{"prompt": f"{name}, scene {number}"} for number in range(scenes)]}
    return identify({**board, "characters": [{"name": "Mira"}]}, sample=0, source_uris=[f"{name}.json"])


@asynccontextmanager
async def opened(
    api: ScriptedApi, directory: Path, *stories: Story, cap_eur: str = "100"
) -> AsyncIterator[StoryProducer]:
    """A producer as a run of its own has it, on a clock that does not wait."""
    clock, jitter = HandClock(), random.Random(7)  # noqa: S311 - jitter that repeats
    access = ApiAccess(api.url, SecretStr(KEY))
    retries = Retries(clock, jitter)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_target(str(directory / "target"), clock=clock))
        process = Process(store, directory / "state", clock)
        stack.callback(process.die)
        polls = await stack.enter_async_context(PollClient(access, retries))
        images = await stack.enter_async_context(ImageClient(ImageHosts.of(access), retries))
        gate, in_flight = SubmitGate(), InFlightLimit(4, clock)
        client = await stack.enter_async_context(SubmitClient(access))
        sending = Sending(
            Submissions(process.ledger, client, baseline=BASELINE),
            budget=Budget(Decimal(cap_eur)),
            gate=gate,
            bucket=TokenBucket(50, clock),
            in_flight=in_flight,
            price_eur=lambda _story: Decimal("0.40"),
            jitter=jitter,
        )
        tally = Tally({story.story_id: StoryOutcome.NOT_SENT for story in stories})
        lineage = replace(LINEAGE, run_id=f"run-{next(NUMBERS)}", run_date=date(2026, 3, 4))
        formats = (ImageFormat.PNG,)
        finished = FinishedStories(
            store,
            CommitLog(store, clock, lambda: f"nonce{next(NUMBERS)}"),
            lineage,
            formats=formats,
            references=True,
            tally=tally,
        )
        desk = SavingDesk(store, images, clock, formats, True, asyncio.Semaphore(8))
        await process.ledger.recover_host()
        staff = Staff(process.ledger, sending, gate, polls, PATIENCE, desk, finished, in_flight, tally, clock, jitter)
        producer = StoryProducer(stories, staff)
        stack.push_async_callback(producer.close)
        yield producer


async def run_of(api: ScriptedApi, directory: Path, *stories: Story, cap_eur: str = "100") -> ProductionReport:
    """What a run over these stories comes to; each has a process, a ledger and a clock of its own."""
    async with opened(api, directory, *stories, cap_eur=cap_eur) as producer:
        return await produce(producer)
