"""Runs on one target at the same time, as processes of their own: they share the work, and take over from the dead."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from stories.failpoints import Failpoint
from tests.doubles.examination import Examination, examine
from tests.doubles.running_studio import RunningStudio, running_studio
from tests.doubles.source_stories import stories_in
from tests.kills.doomed import Doomed, Order

STORIES = 8


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    with running_studio(tmp_path_factory.mktemp("studio"), seconds_per_scene=0.1) as running:
        yield running


@pytest.fixture(scope="module")
def programs(studio: RunningStudio) -> Iterator[list[Doomed]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Doomed(studio.url)) for _ in range(3)]


@pytest.fixture
def order(tmp_path: Path) -> Order:
    boards = [{"scenes": [{"prompt": f"{tmp_path}: an owl, {number}"}]} for number in range(STORIES)]
    (tmp_path / "boards.jsonl").write_text("\n".join(map(json.dumps, boards)))
    return Order(str(tmp_path / "boards.jsonl"), str(tmp_path / "target"), str(tmp_path / "state"), "run-1")


def examined(order: Order, studio: RunningStudio) -> Examination:
    return asyncio.run(examine(order.target, stories_in(order.source), studio))


def images_fetched(studio: RunningStudio, jobs: set[str]) -> Counter[str]:
    """How often the studio served each image of these jobs."""
    lines = (studio.directory / "studio.log").read_text().splitlines()
    paths = [line.split("GET ", 1)[1].split(" ")[0] for line in lines if "GET /images/" in line]
    return Counter(path for path in paths if any(job in path for job in jobs))


def jobs_on(order: Order) -> set[str]:
    return {json.loads(path.read_text())["content"]["job_id"] for path in Path(order.target).rglob("*.job")}


def test_three_runs_at_once_send_each_story_once_and_none_is_worked_on_twice(
    studio: RunningStudio, programs: list[Doomed], order: Order
) -> None:
    orders = [replace(order, run_id=f"run-{number}") for number in range(3)]
    with ThreadPoolExecutor(3) as threads:
        ends = list(threads.map(lambda program, of: program.run(of), programs, orders))
    found = examined(order, studio)
    assert (found.violations, len(found.committed)) == ((), STORIES)
    counts = [ended.report.counts for ended in ends if ended.report is not None]
    assert sum(count.completed for count in counts) == STORIES
    assert sum(count.held + count.failed + count.not_sent for count in counts) == 0
    fetched = images_fetched(studio, jobs_on(order))
    assert len(fetched) == STORIES
    assert set(fetched.values()) == {1}


def test_the_stories_of_a_run_that_was_killed_are_taken_up_by_two_that_share_them(
    studio: RunningStudio, programs: list[Doomed], order: Order
) -> None:
    assert programs[0].run(replace(order, place=Failpoint.LEDGER_BOUND, hit=STORIES)).was_killed
    orders = [replace(order, run_id=f"run-{number}") for number in (2, 3)]
    with ThreadPoolExecutor(2) as threads:
        ends = list(threads.map(lambda program, of: program.run(of), programs[:2], orders))
    found = examined(order, studio)
    assert (found.violations, len(found.committed)) == ((), STORIES)
    assert sum(ended.report.counts.completed for ended in ends if ended.report is not None) == STORIES
    assert set(images_fetched(studio, jobs_on(order)).values()) == {1}
