"""`depicta dataset`: the commands for a dataset that is there."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import JsonValue
from rich.text import Text

from cli import verify
from cli.console import print_json, print_result, printable, stderr_console
from cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from stories.dataset.image_rows import ImageRow
    from stories.dataset.log.compaction import Compacted
    from stories.dataset.tracing import Trace
    from stories.strict_json import JsonObject

app = typer.Typer(no_args_is_help=True, help="Check, repair, compact, export and trace a dataset.")

app.command()(verify.verify)

Target = Annotated[str, typer.Argument(help="The dataset's root: a path or a URL.")]
Reference = Annotated[str, typer.Argument(metavar="STORY_ID", help="A story id, an image_id or a file_name.")]
RetentionDays = Annotated[float, typer.Option(min=0, help="Days for which merged parts are kept aside.")]
Run = Annotated[str | None, typer.Option(metavar="RUN_ID", help="Only this run; every run if not given.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.command()
def compact(target: Target, retention_days: RetentionDays = 7.0, as_json: AsJson = False) -> int:
    """Merge the small parts of TARGET's manifest and update metadata.parquet; no row changes."""
    import asyncio

    from stories.dataset.log.compaction import Compacted

    def show_progress(done: Compacted) -> None:
        if not as_json:
            stderr_console.print(f"{done.merged:,} parts of each table merged into {done.into:,} …")

    done = asyncio.run(_compact(target, retention_days, show_progress))
    if as_json:
        print_json({"merged": done.merged, "into": done.into, "expired": done.expired})
    else:
        stderr_console.print(
            f"{done.merged:,} parts of each table merged into {done.into:,}; "
            f"{done.expired:,} parts merged more than {retention_days:g} days ago removed for good"
        )
    return ExitCode.SUCCESS


async def _compact(target: str, retention_days: float, on_progress: Callable[["Compacted"], None]) -> "Compacted":
    import secrets
    from datetime import timedelta

    from stories.dataset.log.compaction import compact
    from stories.dataset.publication import publish
    from stories.errors import TargetUnusable
    from stories.target import open_target

    async with open_target(target, run_id="compact", state_directory=None) as dataset:
        if dataset is None:
            raise TargetUnusable(f"{target}: no dataset yet")
        done = await compact(
            dataset.store,
            dataset.commits,
            dataset.clock,
            lambda: secrets.token_hex(8),
            retention=timedelta(days=retention_days),
            on_progress=on_progress,
        )
        await publish(dataset.store, dataset.commits, dataset.identity)
        return done


@app.command()
def show(target: Target, reference: Reference, as_json: AsJson = False) -> int:
    """Show the storyboard, job, run and settings behind a story or an image on TARGET."""
    import asyncio

    found = asyncio.run(_trace(target, reference))
    if as_json:
        print_json(_document(found))
    else:
        _print_trace(found)
    return ExitCode.SUCCESS


@app.command()
def gallery(target: Target, run: Run = None, as_json: AsJson = False) -> int:
    """Build the gallery of every run on TARGET again, or of one run: pages for any browser, and their index."""
    import asyncio

    from stories.maintenance.gallery import build_galleries

    def print_page(page: str) -> None:
        if not as_json:
            print_result(page)

    pages = asyncio.run(build_galleries(target, run, on_built=print_page))
    if as_json:
        print_json({"pages": list(pages)})
    return ExitCode.SUCCESS


async def _trace(target: str, reference: str) -> "Trace":
    from stories.dataset.tracing import trace
    from stories.errors import TargetUnusable
    from stories.target import open_target

    async with open_target(target, run_id="show", state_directory=None) as dataset:
        if dataset is None:
            raise TargetUnusable(f"{target}: no dataset yet")
        return await trace(dataset.store, dataset.commits, reference)


def _document(found: "Trace") -> dict[str, JsonValue]:
    from stories.dataset.tracing import row_as_json

    return {
        "story_id": found.story.story_id,
        "commit_version": found.commit_version,
        "part": found.part,
        "storyboard_is_proven": found.storyboard_is_proven,
        "storyboard": found.storyboard.decode(),
        "story": row_as_json(found.story),
        "images": [row_as_json(image) for image in found.images],
        "run": found.run_record,
    }


def _print_trace(found: "Trace") -> None:
    from rich.table import Table

    story = found.story
    proof = "as it was sent" if found.storyboard_is_proven else "NOT the one that its hash names"
    cost = None if story.cost is None else f"{story.cost} {story.currency} ({story.cost_source})"
    times = [_time(it) for it in (story.submitted_at, story.completed_at, story.committed_at)]
    api = f"API {story.api_version}" if story.api_version else "API without a version"
    lines: list[tuple[str, str | None]] = [
        ("story", f"{story.story_id}, sample {story.sample}, {story.status}: {story.title or 'untitled'}"),
        ("storyboard", f"sha256 {story.storyboard_sha256}, {len(found.storyboard):,} bytes, {proof}"),
        ("found at", ", ".join(story.source_uris)),
        ("job", f"{story.job_id}, attempt {story.attempt}, key {story.idempotency_key}"),
        ("sent", f"{times[0]}; completed {times[1]}; committed {times[2]}"),
        ("cost", cost),
        ("run", f"{story.run_id}, flow run {story.flow_run_id}"),
        ("commit", f"{found.commit_version}, batch {story.batch_id}, now in {found.part}"),
        ("versions", f"program {story.pipeline_version}, schema {story.schema_version}, {api}"),
        ("settings", _settings(found.run_record)),
    ]
    lines += [("image", _image_line(row)) for row in found.images]
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, text in lines:
        if text is not None:
            table.add_row(name, Text(printable(text)))
    stderr_console.print(table)
    print_result(found.storyboard.decode())


def _image_line(row: "ImageRow") -> str:
    if row.file_name is None:
        return f"{row.image_id}: {row.status}, {row.error_code}: {row.error_message}"
    return f"{row.file_name}: {row.width} x {row.height}, {row.size_bytes} bytes, sha256 {row.sha256}"


def _settings(run_record: "JsonObject | None") -> str:
    if run_record is None:
        return "the run record is gone"
    named = _flat(run_record.get("settings"))
    return f"source {run_record.get('source')}; " + ", ".join(f"{name}={value}" for name, value in named)


def _flat(settings: JsonValue, section: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Yield each setting with its name, such as `images.formats`; records of earlier programs have no sections."""
    for name, value in settings.items() if isinstance(settings, dict) else ():
        if isinstance(value, dict):
            yield from _flat(value, f"{section}{name}.")
        else:
            yield f"{section}{name}", value


def _time(instant: datetime | None) -> str:
    return "never" if instant is None else instant.isoformat()
