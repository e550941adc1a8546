"""Refusals in the middle of a run: faults 35 and 38."""

from pathlib import Path

import pytest

from stories.api.wire import ErrorCode
from stories.ledger.states import SubmitState
from tests.doubles.books import discrepancies
from tests.doubles.running_studio import studio_here
from tests.faults.hurried_run import hurried_run
from tests.faults.rehearsal import Rehearsal

NAMES = [f"story {number}" for number in range(6)]


@pytest.mark.parametrize(
    ("fault", "stop"),
    [("submit-401", ErrorCode.AUTHENTICATION), ("submit-402", None), ("submit-403", ErrorCode.MODEL)],
)
async def test_after_a_refusal_of_the_account_nothing_more_is_sent_and_what_was_accepted_is_saved(
    tmp_path: Path, fault: str, stop: str | None
) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*NAMES)
    with studio_here(tmp_path / "studio", faults={fault: 0.4}, fault_seed=3) as studio:
        report = await rehearsal.run(studio.url, in_flight=1)
        *accepted, refused = studio.posts()
        assert (refused["fault"], {post["fault"] for post in accepted}) == (fault, {None})
        assert report.counts.completed == len(accepted)
        assert report.counts.not_sent == 6 - len(accepted)
        assert (report.stop.code if report.stop else None) == stop
        assert await discrepancies(studio, rehearsal.target) == []
    with studio_here(tmp_path / "studio") as studio:
        assert (await rehearsal.run(studio.url, "run-2")).counts.all_done
        assert await discrepancies(studio, rehearsal.target) == []


async def test_content_that_is_refused_is_the_end_of_its_story_alone(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*NAMES)
    with studio_here(tmp_path / "studio", faults={"submit-451": 0.4}, fault_seed=3) as studio:
        report = await rehearsal.run(studio.url)
        refused = sum(post["fault"] is not None for post in studio.posts())
        assert (report.counts.completed, report.counts.rejected, report.stop) == (6 - refused, refused, None)
        assert 0 < refused < 6
        assert await rehearsal.states() == {SubmitState.ACCEPTED: 6 - refused, SubmitState.REJECTED: refused}
        assert (await rehearsal.run(studio.url, "run-2")).counts.rejected == refused
        assert len(studio.posts()) == 6
        assert await discrepancies(studio, rehearsal.target) == []


@pytest.mark.parametrize(
    ("fault", "longest_seconds"),
    [
        ("submit-429-zero", 10 * 2**5),
        ("submit-429-negative", 10 * 2**5),
        ("submit-429-garbage", 10 * 2**5),
        ("submit-429-date", 5 + 5),
        ("submit-429-far", 300 + 5),
        ("submit-503", 1 + 5),
    ],
)
async def test_a_storm_of_refusals_is_waited_out_within_bounds(
    tmp_path: Path, fault: str, longest_seconds: float
) -> None:
    """Fault 35: no wait is longer than what was asked for, at most 300 s, and its jitter; L3 bounds the requests."""
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*NAMES)
    with studio_here(tmp_path / "studio", faults={fault: 0.4}, fault_seed=2) as studio:
        report, pauses = await hurried_run(rehearsal, studio)
        refused = sum(post["status"] != 202 for post in studio.posts())
        assert refused > 0
        assert len(studio.posts()) - refused == report.counts.completed == 6
        assert len(studio.posts()) <= 3 * 6
        assert 0 < max(pauses) <= longest_seconds
        assert await discrepancies(studio, rehearsal.target, clocks_agree=False) == []
