"""A doubt early in a long run: its job is found while the service still lists it."""

from itertools import count
from pathlib import Path

from stories.ledger.states import SubmitState
from tests.doubles.books import discrepancies
from tests.doubles.meddling_proxy import LostReply, Request, meddling_proxy
from tests.doubles.running_studio import studio_here
from tests.faults.rehearsal import Rehearsal, drawn


async def test_a_reply_that_was_lost_long_before_the_end_of_a_run_is_adopted_in_the_run(tmp_path: Path) -> None:
    """At the run's end the job would not be listed any more, and a person would have to settle it."""
    rehearsal, posts = Rehearsal(tmp_path), count()
    rehearsal.write(*[f"story {number:02}" for number in range(50)])

    def lose_the_second(request: Request) -> LostReply | None:
        return LostReply() if request.method == "POST" and next(posts) == 1 else None

    with studio_here(tmp_path / "studio", listed_jobs=30) as studio:
        with meddling_proxy(studio.url, lose_the_second) as url:
            report = await rehearsal.run(url, in_flight=2)
        assert (report.counts.completed, report.counts.held, report.counts.in_flight) == (49, 0, 1)
        assert report.troubles == ()
        assert await rehearsal.states() == {SubmitState.ACCEPTED: 50}
        await drawn(studio)
        again = await rehearsal.run(studio.url, "run-2")
        assert (again.counts.completed, again.counts.done_before) == (1, 49)
        assert len(studio.posts()) == 50
        assert await discrepancies(studio, rehearsal.target) == []


async def test_without_a_doubt_the_service_is_not_asked_for_its_list_again(tmp_path: Path) -> None:
    rehearsal, lists = Rehearsal(tmp_path), count()
    rehearsal.write(*[f"story {number:02}" for number in range(25)])

    def note(request: Request) -> None:
        if request.path == "/v1/jobs":
            next(lists)

    with studio_here(tmp_path / "studio") as studio, meddling_proxy(studio.url, note) as url:
        assert (await rehearsal.run(url, in_flight=2)).counts.completed == 25
    assert next(lists) <= 2, "once for the baseline, and once more if another send was just under way"
