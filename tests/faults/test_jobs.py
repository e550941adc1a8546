"""Jobs that do not behave, and connections that break while they are polled: fault 42."""

from pathlib import Path

import pytest

from stories.api.session import ApiTimeouts
from stories.ledger.states import SubmitState
from tests.doubles.books import discrepancies
from tests.doubles.running_studio import studio_here
from tests.faults.rehearsal import SHORT, Rehearsal, drawn

NAMES = ("a fox", "an owl", "a heron")
PASSING = ("regresses", "overcounts", "429", "500", "502", "reset", "hang", "cut")


async def test_polls_that_go_wrong_now_and_then_only_take_time(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*NAMES, scenes=2)
    odds = {f"poll-{name}": 0.12 for name in PASSING}
    with studio_here(tmp_path / "studio", faults=odds, seconds_per_scene=0.5, slots=1) as studio:
        report = await rehearsal.run(studio.url, timeouts=ApiTimeouts(poll=SHORT))
        assert len(set(studio.faults())) >= 4
        assert report.counts.completed == 3
        assert len(studio.posts()) == 3
        assert await discrepancies(studio, rehearsal.target) == []


@pytest.mark.parametrize(("fault", "reason"), [("poll-vanishes", "job_lost"), ("poll-result-null", "result_missing")])
async def test_a_completed_job_that_shows_nothing_is_held_and_never_sent_again(
    tmp_path: Path, fault: str, reason: str
) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*NAMES)
    with studio_here(tmp_path / "studio", faults={fault: 1}) as studio:
        report = await rehearsal.run(studio.url, lost_after_seconds=0.2)
        assert report.counts.held == 3
        assert {entry.reason for entry in await rehearsal.entries()} == {reason}
        assert await discrepancies(studio, rehearsal.target) == []
    with studio_here(tmp_path / "studio") as studio:
        assert (await rehearsal.run(studio.url, "run-2")).counts.held == 3
        assert len(studio.posts()) == 3
        assert set(studio.charges_per_job().values()) == {1}


async def test_a_job_that_does_not_end_stays_in_flight_and_a_later_run_saves_it(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*NAMES)
    with studio_here(tmp_path / "studio", faults={"poll-never-ends": 1}) as studio:
        report = await rehearsal.run(studio.url, poll_deadline_seconds=1.0)
        assert (report.counts.in_flight, report.counts.failed) == (3, 0)
        assert await rehearsal.states() == {SubmitState.ACCEPTED: 3}
        await drawn(studio)
    with studio_here(tmp_path / "studio") as studio:
        assert (await rehearsal.run(studio.url, "run-2")).counts.completed == 3
        assert len(studio.posts()) == 3
        assert await discrepancies(studio, rehearsal.target) == []


async def test_a_cost_that_is_not_what_was_charged_is_recorded_as_it_was_told_and_stops_nothing(
    tmp_path: Path,
) -> None:
    """Fault 53: the books of the two sides differ by it, which is what the operator has to see."""
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*NAMES)
    with studio_here(tmp_path / "studio", faults={"poll-cost-wrong": 1}) as studio:
        report = await rehearsal.run(studio.url)
        assert report.counts.completed == 3
        differences = await discrepancies(studio, rehearsal.target)
        assert len(differences) == 3
        assert all("cost 10.100000 in the manifest and 0.1 at the studio" in it for it in differences)
