"""A run on a clock that passes long waits in a moment, while the service and the network keep to real time."""

import asyncio
import random
import secrets
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

from stories.batch.run_state import RunState
from stories.batch.shard import shard_over
from stories.clock import SystemClock
from stories.dataset.log.commits import CommitLog
from stories.dataset.marker import claim_target
from stories.dataset.run_record import RunReport
from stories.storage.fsspec_store import open_store
from stories.storyboards.collection import collect
from stories.target import OpenDataset
from tests.doubles.ledger_processes import TARGET_ID, Process
from tests.doubles.running_studio import RunningStudio
from tests.doubles.saved_stories import LINEAGE
from tests.doubles.whole_runs import config_for, produce
from tests.faults.rehearsal import Rehearsal

_LONG_SECONDS = 0.6


class HurriedClock(SystemClock):
    """Real time, and all that was to be slept beyond a moment added to it; `pauses` lists those waits."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self._skipped_seconds = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._skipped_seconds)

    def monotonic(self) -> float:
        return super().monotonic() + self._skipped_seconds

    async def sleep(self, seconds: float) -> None:
        if seconds > _LONG_SECONDS:
            self.pauses.append(seconds)
            self._skipped_seconds += seconds
            seconds = 0.0
        await asyncio.sleep(seconds)


async def hurried_run(rehearsal: Rehearsal, studio: RunningStudio) -> tuple[RunReport, list[float]]:
    """What a run over the rehearsal's stories comes to, and how long it waited at a time."""
    clock, jitter = HurriedClock(), random.Random(7)  # noqa: S311 - jitter that repeats
    config = config_for(
        studio.url,
        rehearsal.directory / "state",
        api_key=studio.key,
        poll_deadline_seconds=36_000.0,
        lost_after_seconds=36_000.0,
    )
    async with open_store(rehearsal.target, clock=clock) as store:
        identity = await claim_target(store, clock=clock, new_dataset_id=lambda: TARGET_ID, tool_version="0.1.0")
        process = Process(store, rehearsal.directory / "state", clock)
        commits = CommitLog(store, clock, lambda: secrets.token_hex(8))
        dataset = OpenDataset(store, identity, process.ledger, commits, clock)
        with collect(str(rehearsal.directory / "boards")) as collection, closing(process.spool):
            stories = tuple(collection.stories())
            lineage = replace(LINEAGE, run_id="run-1")
            state = RunState(config, clock)
            async with shard_over(dataset, stories, config, state, lineage, jitter=jitter) as shard:
                return await produce(shard), clock.pauses
