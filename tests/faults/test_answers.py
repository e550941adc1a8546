"""Answers that go wrong after the service has acted: faults 29, 30, 34, 39 and 43.

A run meets them, the next one finds a service that is well: whatever was accepted ends in the dataset, charged once.
"""

from pathlib import Path

import pytest

from stories.api.session import ApiTimeouts
from stories.dataset.run_record import RunReport
from stories.ledger.states import SubmitState
from tests.doubles.books import discrepancies
from tests.doubles.running_studio import studio_here
from tests.faults.rehearsal import SHORT, Rehearsal, drawn

NAMES = ("a fox", "an owl")
LOSING = ("408", "409", "500", "504", "520", "303", "reset", "hang", "without-id")
"""Answers behind which there is a job; what is decided on every other status is tested with the ledger."""


async def met(rehearsal: Rehearsal, fault: str, probability: float = 1.0, **changes: object) -> RunReport:
    """A run against a studio with this fault."""
    with studio_here(rehearsal.directory / "studio", faults={fault: probability}) as studio:
        hangs = {"timeouts": ApiTimeouts(submit=SHORT)} if fault.endswith("hang") else {}
        report = await rehearsal.run(studio.url, **hangs, **changes)
        await drawn(studio)
        assert await discrepancies(studio, rehearsal.target) == []
        assert fault in studio.faults()
    return report


async def healed(rehearsal: Rehearsal, **changes: object) -> RunReport:
    """Runs against a studio without faults; nothing that was sent is sent again."""
    with studio_here(rehearsal.directory / "studio") as studio:
        report = await rehearsal.run(studio.url, "run-2", **changes)
        assert await discrepancies(studio, rehearsal.target) == []
    return report


@pytest.mark.parametrize("fault", LOSING)
async def test_a_story_whose_answer_was_lost_is_adopted_by_the_next_run_and_charged_once(
    tmp_path: Path, fault: str
) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*NAMES)
    report = await met(rehearsal, f"accepted-{fault}")
    assert (report.counts.held, report.stop) == (2, None)
    assert await rehearsal.states() == {SubmitState.IN_DOUBT: 2}
    again = await healed(rehearsal)
    assert again.counts.completed == 2
    with studio_here(tmp_path / "studio") as studio:
        assert len(studio.posts()) == 2
        assert sorted(studio.charges_per_job().values()) == [1, 1]


async def test_a_body_that_breaks_off_costs_nothing_for_the_head_names_the_job(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*NAMES)
    assert (await met(rehearsal, "accepted-cut")).counts.completed == 2


async def test_an_id_that_is_given_twice_stops_the_run_and_both_stories_get_their_own_job(tmp_path: Path) -> None:
    """Fault 43."""
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*NAMES, "a whale")
    report = await met(rehearsal, "accepted-reused-id", in_flight=1)
    assert (report.counts.completed, report.counts.held, report.counts.not_sent) == (1, 1, 1)
    assert report.stop is not None
    assert {entry.reason for entry in await rehearsal.entries()} == {None, "job_owned_by_another_story"}
    assert (await healed(rehearsal)).counts.completed == 2


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("submit-reset", "no_answer"),
        ("submit-hang", "no_answer"),
        ("submit-408", "request_timeout"),
        ("submit-409", "conflict"),
    ],
)
async def test_a_story_that_was_never_accepted_is_held_and_not_sent_again(
    tmp_path: Path, fault: str, reason: str
) -> None:
    """That no job is seen says nothing yet (Rule 5)."""
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*NAMES)
    await met(rehearsal, fault)
    assert {entry.reason for entry in await rehearsal.entries()} == {reason}
    again = await healed(rehearsal)
    assert again.counts.held == 2
    with studio_here(tmp_path / "studio") as studio:
        assert len(studio.posts()) == 2


async def test_a_redirect_to_another_host_stops_the_run_with_one_story_in_doubt(tmp_path: Path) -> None:
    """Fault 39; that the key goes nowhere is tested with the client."""
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*NAMES)
    report = await met(rehearsal, "submit-307", in_flight=1)
    assert (report.counts.held, report.counts.not_sent) == (1, 1)
    assert report.stop is not None
    assert report.stop.code == "redirected"
