"""The service is killed while it works and comes back: fault 50, as the client sees it."""

import asyncio
import os
import signal
from pathlib import Path

from studio.process import StudioProcess
from studio.settings import StudioSettings
from tests.doubles.books import discrepancies
from tests.doubles.running_studio import KEY, RunningStudio
from tests.doubles.scripted_server import closed_port
from tests.faults.rehearsal import Rehearsal, drawn


async def charged(studio: RunningStudio, jobs: int) -> None:
    """Wait until so many jobs have been charged."""
    for _ in range(2000):
        if len(studio.charges_per_job()) >= jobs:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(studio.charges_per_job())


async def test_a_run_outlives_its_service_and_every_story_is_charged_once(tmp_path: Path) -> None:
    rehearsal, kills = Rehearsal(tmp_path), 1
    rehearsal.write(*[f"story {number}" for number in range(5)], scenes=2)
    settings = StudioSettings(
        data_directory=tmp_path / "studio", port=closed_port(), picture_size=(64, 64), seconds_per_scene=0.3
    )
    studio = RunningStudio(f"http://127.0.0.1:{settings.port}", KEY, tmp_path / "studio")
    process = StudioProcess(settings, key=KEY)
    process.__enter__()
    try:
        run = asyncio.create_task(rehearsal.run(studio.url, in_flight=3))
        for kill in range(1, kills + 1):
            await charged(studio, kill)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            process.stop()
            process = StudioProcess(settings, key=KEY)
            await asyncio.to_thread(process.__enter__)
        report = await run
        assert report.counts.completed + report.counts.held + report.counts.not_sent == 5
        assert await discrepancies(studio, rehearsal.target) == []
        await drawn(studio)
        last = await rehearsal.run(studio.url, "run-2")
        assert last.counts.completed + last.counts.done_before + last.counts.held == 5
        assert len(studio.posts()) <= 5
        assert set(studio.charges_per_job().values()) == {1}
        assert await discrepancies(studio, rehearsal.target) == []
    finally:
        process.stop()
