"""A dataset and its ledger of the program before its modules moved to their rooms: read, verified, continued, merged.

`earlier_program.tar.gz` holds five storyboards and a target. The program of commit c873505 wrote the target, in three
runs of `depicta batch run` against studios with pictures of 64 x 64 pixels: the first studio was sound, the jobs of the
second never ended, and the answers of the third had no job id. The galleries were removed, for they can be built again.
The archive is never written again.
"""

import json
import random
import tarfile
from itertools import count
from pathlib import Path

import pytest

from stories.api.wire import ImageFormat
from stories.batch.plan import BatchRun
from stories.clock import SystemClock
from stories.config import RunConfig
from stories.dataset.audit.findings import Finding
from stories.dataset.layout import partition_of
from stories.dataset.log.compaction import Compacted, compact
from stories.dataset.model import StoryStatus
from stories.dataset.publication import publish
from stories.dataset.run_record import RunReport, StoryOutcome, read_dead_letters, read_run_record
from stories.dataset.schema import Table
from stories.dataset.tracing import trace
from stories.ledger.states import SubmitState
from stories.maintenance.gallery import build_galleries
from stories.maintenance.repair import inspect
from stories.target import OpenDataset, open_target
from tests.doubles.manifest_views import fault_of_view, story_ids
from tests.doubles.scripted_api import ScriptedApi
from tests.doubles.whole_runs import config_for, run

ARCHIVE = Path(__file__).parent / "earlier_program.tar.gz"
RUNS = ("20261201T010713Z-014a67b1", "20261201T010910Z-def2e31e", "20261201T011046Z-591039e4")
COMPLETED = "370222e4456225a8400d0ec7a3dbfe3a"
REJECTED = "ae849ba86ceb0f4ab503c3f14bf7dbf7"
FAILED = "536f59cb8a952b637293fc1f1efc9269"
IN_FLIGHT = "8f4220ebb03fc0f8c54bde4c2130f400"
HELD = "d44e8dd98f1e74f8955635d70d5006f0"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the target, beside the storyboards."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "target"


@pytest.fixture
def config(api: ScriptedApi, tmp_path: Path) -> RunConfig:
    return config_for(api.url, tmp_path / "state", formats=(ImageFormat.WEBP,), commit_stories=1)


def opened(root: Path):  # noqa: ANN201 - an async context manager
    return open_target(str(root), run_id="reader", state_directory=None)


async def findings(dataset: OpenDataset) -> list[Finding]:
    jitter = random.Random(7)  # noqa: S311 - jitter that repeats
    found = await inspect(
        dataset, None, jitter, new_nonce=lambda: "n", on_progress=lambda _: None, on_mend=lambda _: None
    )
    return found.audit.findings


async def finished(root: Path, config: RunConfig, api: ScriptedApi) -> RunReport:
    """A run of today's program over the same storyboards; the service still has the job that was in flight."""
    async with opened(root) as dataset:
        job_id = (await dataset.ledger.entry(IN_FLIGHT)).job_id
    assert job_id is not None
    api.jobs[job_id] = json.loads((root.parent / "boards/in_flight.json").read_text())
    api.on_poll = lambda polled, _number: api.completed(polled)
    _, report = await run(BatchRun(str(root.parent / "boards"), str(root), "20270101T000000Z-today"), config)
    return report


async def test_nothing_is_wrong_with_it(root: Path) -> None:
    async with opened(root) as dataset:
        assert await findings(dataset) == []


async def test_its_commits_ledger_and_run_records_are_read(root: Path) -> None:
    async with opened(root) as dataset:
        assert await dataset.commits.committed() == {
            COMPLETED: StoryStatus.COMPLETED,
            REJECTED: StoryStatus.DEAD_LETTER,
        }
        assert {story_id: it.state for story_id, it in (await dataset.ledger.survey()).items()} == {
            COMPLETED: SubmitState.ACCEPTED,
            REJECTED: SubmitState.REJECTED,
            FAILED: SubmitState.FAILED,
            IN_FLIGHT: SubmitState.ACCEPTED,
            HELD: SubmitState.IN_DOUBT,
        }
        records = [await read_run_record(dataset.store, run_id) for run_id in RUNS]
        assert [(it.counts.completed, it.counts.in_flight, it.counts.held) for it in records] == [
            (1, 0, 0),
            (0, 1, 0),
            (0, 0, 1),
        ]
        letters = [letter for run_id in RUNS for letter in await read_dead_letters(dataset.store, run_id)]
        assert {letter.story_id: letter.outcome for letter in letters} == {
            FAILED: StoryOutcome.FAILED,
            REJECTED: StoryOutcome.REJECTED,
            IN_FLIGHT: StoryOutcome.IN_FLIGHT,
            HELD: StoryOutcome.HELD,
        }


async def test_a_story_leads_back_to_its_storyboard_and_its_run(root: Path) -> None:
    async with opened(root) as dataset:
        found = await trace(dataset.store, dataset.commits, COMPLETED)
    assert (found.storyboard_is_proven, found.story.title, len(found.images)) == (True, "Story 1", 3)
    assert json.loads(found.storyboard) == json.loads((root.parent / "boards/completed.json").read_text())
    assert found.run_record is not None
    assert found.run_record["run_id"] == found.story.run_id == RUNS[0]


async def test_a_run_finishes_what_is_open_and_pays_for_nothing_twice(
    root: Path, config: RunConfig, api: ScriptedApi
) -> None:
    report = await finished(root, config, api)
    counts = report.counts
    assert (counts.stories, counts.done_before, counts.completed, counts.rejected, counts.held) == (5, 1, 2, 1, 1)
    assert api.posts == 1, "the failed story is sent again, and no other"
    assert sorted(story_ids(root)) == sorted([COMPLETED, REJECTED, FAILED, IN_FLIGHT])
    async with opened(root) as dataset:
        assert await findings(dataset) == []
    assert (await finished(root, config, api)).counts.completed == 0


async def test_its_parts_are_merged_beside_those_of_today(root: Path, config: RunConfig, api: ScriptedApi) -> None:
    await finished(root, config, api)
    ids = sorted(story_ids(root))
    async with opened(root) as dataset:
        dates = {partition_of(pair[Table.STORIES].key) for pair in await dataset.commits.live_pairs()}
        nonces = count()
        done = await compact(dataset.store, dataset.commits, SystemClock(), lambda: f"m{next(nonces)}")
        assert done == Compacted(merged=4, into=len(dates)), "two parts of its date, and two of today's"
        await publish(dataset.store, dataset.commits, dataset.identity)
        assert await findings(dataset) == []
    assert (sorted(story_ids(root)), fault_of_view(root)) == (ids, None)


async def test_its_galleries_are_built_again(root: Path) -> None:
    pages = await build_galleries(str(root))
    assert [Path(page).stem for page in pages] == list(RUNS)
    first = (root / "gallery" / f"{RUNS[0]}.html").read_text()
    assert all(word in first for word in ("Story 1", "Story 2", "Story 3"))
    assert "Story 5" in (root / "gallery" / f"{RUNS[2]}.html").read_text()
