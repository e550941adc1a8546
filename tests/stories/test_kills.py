import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from stories.json_document import sha256_hex
from stories.outcomes import ProductionReport
from stories.storyboards.collection import collect
from stories.storyboards.story import Story
from studio.accounts import charges
from tests.stories.conftest import RunningStudio
from tests.stories.doomed_runs import batch_in, folder_of
from tests.stories.whole_runs import run, terms_for

REPOSITORY = Path(__file__).parents[2]
MOMENTS = (
    "before shard-0001",
    "after 1.intent",
    "before .own",
    "after .own",
    "after 1.job",
    "after scene-01.png",
    "after story.json",
    "before _meta/commits",
    "before manifest/stories",
    "after metadata.parquet",
)


def charged_jobs(studio: RunningStudio, story: Story) -> list[str]:
    """The jobs of this story that the studio has charged, one for each charge."""
    posts = [json.loads(line) for line in (studio.directory / "requests.jsonl").read_text().splitlines()]
    jobs = {post["job_id"] for post in posts if post["body_sha256"] == sha256_hex(story.body)}
    return [charge.job_id for charge in charges(studio.directory / "studio.sqlite3") if charge.job_id in jobs]


def kill_runs(directory: Path, studio: RunningStudio, moments: Sequence[str]) -> None:
    arguments = [str(directory), studio.address.url, *moments]
    subprocess.run([sys.executable, "-m", "tests.stories.doomed_runs", *arguments], cwd=REPOSITORY, check=True)


def write_board(folder: Path, name: str) -> None:
    (folder / "boards").mkdir(parents=True, exist_ok=True)
    board = {
        "scenes": [{"prompt": f"Mira at {folder.name}, {name}, {n}"} for n in range(2)],
        "characters": [{"name": "Mira"}],
    }
    (folder / "boards" / f"{name}.json").write_text(json.dumps(board))


async def next_run(folder: Path, studio: RunningStudio, run_id: str = "run-2") -> ProductionReport:
    _, report = await run(batch_in(folder, run_id), terms_for(studio.address.url, folder / "state"))
    return report


async def test_after_a_kill_at_any_point_the_next_run_completes_the_story_and_it_is_charged_once(
    tmp_path: Path, studio: RunningStudio
) -> None:
    folders = [folder_of(tmp_path, moment) for moment in MOMENTS]
    for folder in folders:
        write_board(folder, "only")
    await asyncio.to_thread(kill_runs, tmp_path, studio, MOMENTS)
    reports = await asyncio.gather(*(next_run(folder, studio) for folder in folders))
    for moment, folder, report in zip(MOMENTS, folders, reports, strict=True):
        counts = report.counts
        assert counts.completed + counts.done_before == counts.stories == 1, (moment, report)
        (story,) = collect(str(folder / "boards")).stories()
        assert len(charged_jobs(studio, story)) == 1, moment
        images = (folder / "target/images" / story.story_id).iterdir()
        kept = sorted(path.name.split("-")[0] for path in images if not path.name.startswith(".tmp-"))
        assert kept == ["character", "scene", "scene", "story.json"], moment
        for table in ("images", "stories"):
            assert len(list((folder / "target/manifest" / table).rglob("*.parquet"))) == 1, moment


async def test_of_many_stories_none_is_lost_and_none_is_charged_twice(tmp_path: Path, studio: RunningStudio) -> None:
    """What was under way when the process died may be in doubt: held, and never sent again."""
    folder = folder_of(tmp_path, "after story.json")
    for name in ("one", "two", "three", "four", "five", "six"):
        write_board(folder, name)
    await asyncio.to_thread(kill_runs, tmp_path, studio, ["after story.json"])
    report = await next_run(folder, studio)
    assert report.counts.completed + report.counts.held == 6
    await next_run(folder, studio, "run-3")
    for story in collect(str(folder / "boards")).stories():
        assert len(charged_jobs(studio, story)) <= 1
