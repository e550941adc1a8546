"""Kill -9 at every step of commit, compact and publish: real processes on real files."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pyarrow.lib as pa_lib
import pyarrow.parquet as pq

from stories.failpoints import Failpoint
from stories.storage.fsspec_store import open_store
from tests.doubles.doomed_dataset_processes import BEFORE, FRESH, new_log, prepare, work
from tests.doubles.manifest_views import story_ids

REPOSITORY = Path(__file__).parents[3]
STEPS = [place for place in Failpoint if place.value.startswith(("commit.", "compact.", "dataset."))]
TWICE = {Failpoint.COMMIT_PART_SHOWN, Failpoint.COMPACT_BARRIER_PLACED, Failpoint.COMPACT_PART_SHOWN}
TWICE |= {Failpoint.COMPACT_BARRIER_REMOVED, Failpoint.COMPACT_SOURCE_REMOVED, Failpoint.DATASET_PUBLISHED}
MOMENTS = [f"{place}:{hit}" for place in STEPS for hit in ((1, 2) if place in TWICE else (1,))]
MOMENTS += [f"{Failpoint.COMPACT_SOURCE_REMOVED}:6"]
OLD = sorted(story.story.story_id for story in BEFORE)
ALL = sorted([*OLD, FRESH.story.story_id])


def seen(folder: Path) -> list[str] | None:
    """What a reader of the glob sees; None when it is refused."""
    try:
        return sorted(story_ids(folder))
    except pa_lib.ArrowInvalid as exc:
        assert "read-again.parquet" in str(exc)  # noqa: PT017 - which refusal it is
        return None


async def test_after_a_kill_at_any_step_readers_are_right_or_refused_and_the_next_process_has_every_story_once(
    tmp_path: Path,
) -> None:
    for moment in MOMENTS:
        await prepare(tmp_path / moment)
    arguments = [sys.executable, "-m", "tests.doubles.doomed_dataset_processes", str(tmp_path), *MOMENTS]
    await asyncio.to_thread(subprocess.run, arguments, cwd=REPOSITORY, check=True)
    refused = [moment for moment in MOMENTS if seen(tmp_path / moment) is None]
    for moment in MOMENTS:
        folder = tmp_path / moment
        assert seen(folder) in (OLD, ALL, None), moment
        await work(folder)
        assert seen(folder) == ALL, moment
        assert pq.read_metadata(folder / "metadata.parquet").num_rows == 6, moment
        async with open_store(str(folder)) as store:
            assert sorted(await new_log(store).committed()) == ALL, moment
            assert len(await new_log(store).live_pairs()) == 1, moment
    behind = {"compact.barrier_placed", "compact.source_removed", "compact.part_shown", "compact.barrier_removed"}
    assert {moment.rpartition(":")[0] for moment in refused} == behind
