"""A batch against a service that misbehaves: real runs, one after the other, on one target."""

import asyncio
import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from stories.api.session import USUAL_TIMEOUTS, ApiTimeouts
from stories.api.transport import Timeouts
from stories.batch.plan import BatchRun
from stories.dataset.run_record import RunReport
from stories.ledger.entry import LedgerEntry
from stories.ledger.states import SubmitState
from stories.storyboards.collection import collect
from stories.target import open_target
from studio.work.data_directory import DataDirectory
from tests.doubles.running_studio import KEY, RunningStudio
from tests.doubles.whole_runs import config_for, run

SHORT = Timeouts(read_seconds=0.5, total_seconds=2.0)
"""For what hangs; a busy machine is late by as much now and then, so what answers needs the usual ones."""


@dataclass(frozen=True)
class Rehearsal:
    """A directory with storyboards, a target and the state of one host, unless another is asked for."""

    directory: Path
    remote_target: str | None = None

    @property
    def target(self) -> str:
        return self.remote_target or str(self.directory / "target")

    def write(self, *names: str, scenes: int = 1) -> None:
        """Storyboards of these names; no two are alike."""
        boards = self.directory / "boards"
        boards.mkdir(parents=True, exist_ok=True)
        for name in names:
            board = {"title": name, "scenes": [{"prompt": f"{name}, scene {n + 1}"} for n in range(scenes)]}
            (boards / f"{name}.json").write_text(json.dumps(board))

    async def run(
        self,
        url: str,
        run_id: str = "run-1",
        *,
        host: str = "state",
        timeouts: ApiTimeouts = USUAL_TIMEOUTS,
        **changes: object,
    ) -> RunReport:
        """Run the batch to its end; an exception of the run is raised."""
        batch = BatchRun(str(self.directory / "boards"), self.target, run_id)
        _, report = await run(batch, config_for(url, self.directory / host, api_key=KEY, **changes), timeouts=timeouts)
        return report

    async def entries(self, samples: int = 1) -> list[LedgerEntry]:
        """Where each story stands in the ledger."""
        async with open_target(self.target, run_id="look", state_directory=None) as dataset:
            assert dataset is not None
            with collect(str(self.directory / "boards"), samples=samples) as collection:
                return [await dataset.ledger.entry(story.story_id) for story in collection.stories()]

    async def states(self, samples: int = 1) -> Counter[SubmitState]:
        return Counter(entry.state for entry in await self.entries(samples))


async def drawn(studio: RunningStudio) -> None:
    """Wait until the studio has nothing more to draw."""
    path = DataDirectory(studio.directory).database
    for _ in range(400):
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            waiting = "SELECT count(*) FROM jobs WHERE status IN ('pending', 'processing')"
            if connection.execute(waiting).fetchone() == (0,):
                return
        await asyncio.sleep(0.05)
    raise AssertionError("the studio does not come to an end")
