"""Summaries on stderr: of a finished run, of a forecast, and of the state of a target."""

from rich.table import Table
from rich.text import Text

from cli.console import printable, stderr_console
from stories.batch.plan import Forecast
from stories.batch.status import TargetStatus
from stories.dataset.run_record import Counts, RunSummary, Trouble
from stories.strict_json import JsonObject

_MOST_TROUBLES = 20
_WORDS = {
    "done_before": "done before",
    "completed": "completed",
    "partial": "partial",
    "failed": "failed",
    "rejected": "rejected",
    "held": "held",
    "in_flight": "still at the service",
    "not_sent": "not sent",
}


def show_summary(summary: RunSummary) -> None:
    """Show the counts, money, time and troubles of a run, and the address of its gallery."""
    stderr_console.print(Text(_sentence(summary.counts), style="bold"))
    stderr_console.print(
        f"{summary.images:,} images, {summary.bytes / 1e6:,.1f} MB, {summary.cost_eur:f} EUR, {summary.seconds:.1f} s"
    )
    if summary.qa_flags:
        found = ", ".join(f"{number:,} {flag.replace('_', ' ')}" for flag, number in summary.qa_flags.items())
        stderr_console.print(Text(f"images to check: {found} (qa_flags in the manifest)", style="yellow"))
    if summary.counts.storyboards == 0:
        stderr_console.print(
            "the source holds no storyboards; they are read from *.json, *.jsonl and *.parquet files", style="yellow"
        )
    for note in summary.notes:
        stderr_console.print(Text(printable(note), style="yellow"))
    show_troubles(summary.troubles)
    if summary.gallery is not None:
        stderr_console.print(Text(f"gallery: {summary.gallery}"))


def show_troubles(troubles: tuple[Trouble, ...]) -> None:
    """Show a table of the storyboards and stories that are not in the dataset, with the reasons."""
    if not troubles:
        return
    table = Table("story", "state", "reason", "message", box=None, pad_edge=False, header_style="dim")
    for trouble in troubles[:_MOST_TROUBLES]:
        state = _WORDS.get(trouble.outcome.value, "") if trouble.outcome is not None else "invalid"
        table.add_row(*(Text(printable(cell)) for cell in (trouble.label, state, trouble.reason, trouble.message)))
    stderr_console.print(table)
    if len(troubles) > _MOST_TROUBLES:
        stderr_console.print(
            f"… and {len(troubles) - _MOST_TROUBLES} more; the dead letters of the run on the target hold all"
        )


def forecast_document(forecast: Forecast) -> JsonObject:
    """Return the forecast as `depicta batch plan --json` prints it, with amounts in euros as decimal texts."""
    found = {"storyboards", "invalid", "duplicates"}
    return {
        "counts": forecast.counts.model_dump(mode="json", include=found),
        "settled": forecast.counts.stories,
        "to_send": forecast.to_send,
        "to_take_up": forecast.to_resume,
        "price_max_eur": str(forecast.price_eur),
        "available_eur": None if forecast.available_eur is None else str(forecast.available_eur),
    }


def show_forecast(forecast: Forecast, *, in_flight: int) -> None:
    """Show the remaining work of a run that sends `in_flight` stories at once."""
    counts = forecast.counts
    stderr_console.print(
        f"{counts.storyboards:,} storyboards: {counts.invalid:,} invalid, {counts.duplicates:,} duplicates, "
        f"{counts.stories:,} stories settled before"
    )
    available = "" if forecast.available_eur is None else f" of {forecast.available_eur:f} EUR available"
    stderr_console.print(f"to send: {forecast.to_send:,}, at most {forecast.price_eur:f} EUR{available}")
    stderr_console.print(f"to resume from earlier runs: {forecast.to_resume:,}")
    rounds = -(-forecast.work // in_flight)
    stderr_console.print(
        f"{rounds:,} rounds of up to {in_flight:,} stories at the service; each story takes at most 10.5 minutes"
    )
    show_troubles(forecast.without_work.troubles)


def show_status(status: TargetStatus) -> None:
    """Show the state of a target, with every held story."""
    if status.dataset_id is None:
        stderr_console.print(f"{status.target}: no dataset yet")
        return
    states = [f"{number:,} {name.replace('_', ' ')}" for name, number in status.counts.model_dump().items() if number]
    stderr_console.print(Text(f"{status.target}: {', '.join(states) or 'empty'}", style="bold"))
    stderr_console.print(
        f"{status.images:,} images, {status.bytes / 1e6:,.1f} MB; "
        f"{status.spent_eur:f} EUR spent, {status.reserved_eur:f} EUR reserved"
        + (f", {status.doubtful_eur:f} EUR of it in doubt" if status.doubtful_eur else "")
    )
    if status.held:
        stderr_console.print("held:")
        for story in status.held:
            since = f", since {story.since:%Y-%m-%d %H:%M} UTC" if story.since else ""
            reserved = f", {story.price_max_eur:f} EUR reserved" if story.price_max_eur is not None else ""
            known = "; ".join(filter(None, (story.message, story.evidence)))
            stderr_console.print(
                Text(f"  {story.story_id}  {story.reason}{since}{reserved}", style="bold"), soft_wrap=True
            )
            stderr_console.print(Text(f"    {printable(known)}"), soft_wrap=True)
            stderr_console.print(Text(f"    settle: {printable(story.settled_by)}"), soft_wrap=True)
        stderr_console.print("docs/held.md explains each reason and what to do")


def _sentence(counts: Counts) -> str:
    states = [f"{getattr(counts, name):,} {word}" for name, word in _WORDS.items() if getattr(counts, name)]
    found = f"{counts.stories:,} {'story' if counts.stories == 1 else 'stories'}"
    invalid = f"; {counts.invalid:,} invalid storyboards" if counts.invalid else ""
    return f"{found}: {', '.join(states) or 'nothing to do'}{invalid}"
