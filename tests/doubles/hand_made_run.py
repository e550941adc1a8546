"""A run over a few stories of a scripted API, on a clock that does not wait and with a spool that a test can end."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path

from stories.batch.run_state import RunState
from stories.batch.shard import shard_over
from stories.batch.story import ShardProducer
from stories.dataset.log.commits import CommitLog
from stories.dataset.marker import claim_target
from stories.dataset.run_record import Money, RunReport
from stories.ledger.recovery import recover_host
from stories.storage.fsspec_store import open_store
from stories.storyboards.story import Story, identify
from stories.strict_json import JsonObject
from stories.target import OpenDataset
from tests.doubles.hand_clock import HandClock
from tests.doubles.ledger_processes import TARGET_ID, Process
from tests.doubles.saved_stories import LINEAGE
from tests.doubles.scripted_api import ScriptedApi
from tests.doubles.whole_runs import config_for, produce

NUMBERS = count(1)


def a_story(name: str = "one", scenes: int = 2) -> Story:
    """Two scenes and a character: at the prices of the scripted API, 0.30 EUR are reserved for it."""
    board: JsonObject = {"scenes": [{"prompt": f"{name}, scene {number}"} for number in range(scenes)]}
    return identify({**board, "characters": [{"name": "Mira"}]}, sample=0, source_uris=[f"{name}.json"])


@asynccontextmanager
async def opened(api: ScriptedApi, directory: Path, *stories: Story) -> AsyncIterator[ShardProducer]:
    """A producer as every run has one, with a process, a ledger and a clock of its own."""
    clock = HandClock()
    config = config_for(
        api.url,
        directory / "state",
        in_flight=4,
        max_cost_eur=Decimal(100),
        poll_interval_seconds=3.0,
        poll_deadline_seconds=120.0,
        lost_after_seconds=60.0,
    )
    async with open_store(str(directory / "target"), clock=clock) as store:
        identity = await claim_target(store, clock=clock, new_dataset_id=lambda: TARGET_ID, tool_version="0.1.0")
        process = Process(store, directory / "state", clock)
        await recover_host(process.ledger)
        commits = CommitLog(store, clock, lambda: f"nonce{next(NUMBERS)}")
        dataset = OpenDataset(store, identity, process.ledger, commits, clock)
        lineage = replace(LINEAGE, run_id=f"run-{next(NUMBERS)}")
        jitter = random.Random(7)  # noqa: S311 - jitter that repeats
        try:
            state = RunState(config, clock)
            async with shard_over(dataset, stories, config, state, lineage, jitter=jitter) as shard:
                yield shard
        finally:
            process.die()


async def run_with_money(api: ScriptedApi, directory: Path, *stories: Story) -> tuple[RunReport, Money]:
    """Return the report of a run over these stories, and what they have cost and may still cost."""
    async with opened(api, directory, *stories) as shard:
        return await produce(shard), shard.state.money()


async def run_of(api: ScriptedApi, directory: Path, *stories: Story) -> RunReport:
    """Return the report of a run over these stories."""
    report, _ = await run_with_money(api, directory, *stories)
    return report
