"""A list of jobs that cannot be relied on, while stories are in doubt: faults 40 and 41."""

from pathlib import Path

import pytest

from stories.ledger.states import SubmitState
from tests.doubles.books import discrepancies
from tests.doubles.running_studio import studio_here
from tests.faults.rehearsal import Rehearsal, drawn

ADOPTED_ALL_THE_SAME = ("jobs-reordered", "jobs-duplicated")
LEFT_IN_DOUBT = {"jobs-truncated": 1, "jobs-empty": 4, "jobs-delayed": 4}


async def four_lost(rehearsal: Rehearsal, samples: int = 1, **odds: float) -> None:
    """A run over four stories, or one with four samples, of which every reply is lost; all are drawn."""
    rehearsal.write(*[f"story {number}" for number in range(4 // samples)])
    faults = {"accepted-504": 1.0, **{name.replace("_", "-"): p for name, p in odds.items()}}
    with studio_here(rehearsal.directory / "studio", faults=faults) as studio:
        await rehearsal.run(studio.url, samples=samples)
        await drawn(studio)
        assert len(studio.posts()) == 4
    assert await rehearsal.states(samples) == {SubmitState.IN_DOUBT: 4}


@pytest.mark.parametrize("fault", [*ADOPTED_ALL_THE_SAME, *LEFT_IN_DOUBT])
async def test_what_a_listing_leaves_out_stays_in_doubt_until_one_shows_it(tmp_path: Path, fault: str) -> None:
    rehearsal = Rehearsal(tmp_path)
    await four_lost(rehearsal)
    left = LEFT_IN_DOUBT.get(fault, 0)
    with studio_here(tmp_path / "studio", faults={fault: 1}) as studio:
        report = await rehearsal.run(studio.url, "run-2")
        assert (report.counts.completed, report.counts.held) == (4 - left, left)
        assert (await rehearsal.states())[SubmitState.IN_DOUBT] == left
        assert await discrepancies(studio, rehearsal.target) == []
    with studio_here(tmp_path / "studio") as studio:
        assert (await rehearsal.run(studio.url, "run-3")).counts.completed == left
        assert await discrepancies(studio, rehearsal.target) == []
        assert len(studio.posts()) == 4
        assert sorted(studio.charges_per_job().values()) == [1, 1, 1, 1]


async def test_twins_whose_replies_were_lost_get_a_job_each_from_a_listing_in_any_order(tmp_path: Path) -> None:
    """Fault 41."""
    rehearsal = Rehearsal(tmp_path)
    await four_lost(rehearsal, samples=4)
    with studio_here(tmp_path / "studio", faults={"jobs-reordered": 1, "jobs-duplicated": 1}) as studio:
        assert (await rehearsal.run(studio.url, "run-2", samples=4)).counts.completed == 4
        assert await discrepancies(studio, rehearsal.target) == []
        assert len(studio.posts()) == 4


async def test_on_a_shared_account_a_foreign_twin_is_never_taken_without_a_persons_word(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write("story 0", "story 1")
    with studio_here(tmp_path / "studio", faults={"foreign-twin": 1}) as studio:
        assert (await rehearsal.run(studio.url)).counts.completed == 2, "the reply names the own job"
        await drawn(studio)
        assert len(studio.charges_per_job()) == 4
        assert await discrepancies(studio, rehearsal.target) == []
    rehearsal.write("story 2")
    with studio_here(tmp_path / "studio", faults={"accepted-reset": 1}) as studio:
        await rehearsal.run(studio.url, "run-2", account_exclusive=False)
        await drawn(studio)
    with studio_here(tmp_path / "studio") as studio:
        assert (await rehearsal.run(studio.url, "run-3", account_exclusive=False)).counts.held == 1
        assert (await rehearsal.run(studio.url, "run-4")).counts.completed == 1
        assert await discrepancies(studio, rehearsal.target) == []
