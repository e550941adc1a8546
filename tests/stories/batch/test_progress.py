from decimal import Decimal

import pytest

from stories.batch.progress import ShardProgress, progress_listener
from stories.dataset.run_record import Counts, RunReport, RunSummary, Stop, StoryOutcome, Trouble, count_outcomes


def a_trouble(story_id: str, outcome: StoryOutcome) -> Trouble:
    return Trouble(label="a story", story_id=story_id, outcome=outcome, reason="why", message="because")


def a_tally(*story_ids: str) -> ShardProgress:
    return ShardProgress(dict.fromkeys(story_ids, StoryOutcome.NOT_SENT))


def test_every_story_is_under_one_outcome_at_any_time() -> None:
    progress = a_tally("a", "b", "c")
    progress.move("a", StoryOutcome.IN_FLIGHT)
    progress.trouble(a_trouble("b", StoryOutcome.HELD))
    counts = progress.report().counts
    assert (counts.stories, counts.in_flight, counts.held, counts.not_sent) == (3, 1, 1, 1)


def test_a_story_that_moves_on_has_no_trouble_any_more() -> None:
    progress = a_tally("a")
    progress.trouble(a_trouble("a", StoryOutcome.IN_FLIGHT))
    progress.move("a", StoryOutcome.COMPLETED)
    assert progress.report().troubles == ()


def test_what_stories_bring_is_added_up_and_a_note_stands_once() -> None:
    progress = a_tally("a")
    progress.add(images=2, image_bytes=10, cost_eur=Decimal("0.40"))
    progress.add(cost_eur=None)
    progress.add(images=1, image_bytes=5, cost_eur=Decimal("0.10"))
    progress.note("the gate is closed")
    progress.note("the gate is closed")
    report = progress.report()
    assert (report.images, report.bytes, report.cost_eur) == (3, 15, Decimal("0.50"))
    assert report.notes == ("the gate is closed",)


def test_a_saved_story_counts_as_settled_before_its_commit_and_once_after_it() -> None:
    progress = a_tally("a", "b", "c")
    progress.move("a", StoryOutcome.IN_FLIGHT)
    progress.move("b", StoryOutcome.IN_FLIGHT)
    assert (progress.finished, progress.at_the_service) == (0, 2)
    progress.save("a", images=2, image_bytes=10, cost_eur=Decimal("0.40"))
    assert (progress.finished, progress.at_the_service) == (1, 1)
    assert (progress.report().counts.in_flight, progress.report().images) == (2, 2)
    progress.move("a", StoryOutcome.COMPLETED)
    assert (progress.finished, progress.at_the_service) == (1, 1)


def test_every_change_is_told_to_whoever_listens_in_this_context() -> None:
    seen: list[StoryOutcome] = []
    progress = a_tally("a")
    token = progress_listener.set(lambda told: seen.append(told.outcomes["a"]))
    try:
        progress.move("a", StoryOutcome.IN_FLIGHT)
        progress.trouble(a_trouble("a", StoryOutcome.HELD))
    finally:
        progress_listener.reset(token)
    progress.move("a", StoryOutcome.COMPLETED)
    assert seen == [StoryOutcome.IN_FLIGHT, StoryOutcome.HELD]
    assert progress.changed.is_set()


def test_reports_add_up_and_keep_the_first_stop() -> None:
    def report(number: int, stop: Stop | None) -> RunReport:
        return RunReport(
            counts=count_outcomes([StoryOutcome.COMPLETED] * number),
            images=number,
            bytes=number,
            cost_eur=Decimal(number),
            troubles=(a_trouble(str(number), StoryOutcome.HELD),),
            notes=("both have this", f"only {number}"),
            stop=stop,
        )

    stop = Stop(code="not_found", message="wrong address")
    total = report(1, None).plus(report(2, stop)).plus(report(3, Stop(code="late", message="late")))
    assert (total.counts.completed, total.counts.stories, total.images, total.cost_eur) == (6, 6, 6, Decimal(6))
    assert [trouble.story_id for trouble in total.troubles] == ["1", "2", "3"]
    assert total.notes == ("both have this", "only 1", "only 2", "only 3")
    assert total.stop == stop


@pytest.mark.parametrize(
    ("counts", "all_done"),
    [
        (Counts(), True),
        (Counts(stories=3, completed=1, done_before=2), True),
        (Counts(stories=3, completed=2, partial=1), False),
        (Counts(stories=1, completed=1, invalid=1), False),
    ],
)
def test_all_is_done_when_every_story_is_and_no_storyboard_was_invalid(counts: Counts, all_done: bool) -> None:
    assert counts.all_done is all_done


def test_the_summary_has_the_figures_of_the_report() -> None:
    report = RunReport(counts=Counts(stories=1, completed=1), images=4, bytes=9, cost_eur=Decimal("0.40"))
    summary = RunSummary.of(report, "r-1", "out", seconds=1.234)
    assert (summary.run_id, summary.target, summary.counts.completed, summary.images) == ("r-1", "out", 1, 4)
    assert summary.model_dump(mode="json")["cost_eur"] == "0.40"
    assert summary.seconds == 1.2
