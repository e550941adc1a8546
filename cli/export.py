"""`depicta dataset export` and `depicta dataset register`: a dataset in the form that another tool needs."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from pydantic import JsonValue

from cli.console import print_json, print_result, stderr_console
from cli.dataset import AsJson, Target
from cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from stories.dataset.export.writer import Export, ExportOrder
    from stories.dataset.tables.registration import Registered

_Word = TypeVar("_Word", bound=StrEnum)

Kind = Annotated[str, typer.Option("--to", help="parquet, webdataset or huggingface.")]
Destination = Annotated[str | None, typer.Option("--out", help="A path or URL; export/<kind> on TARGET if not given.")]
Statuses = Annotated[
    list[str] | None, typer.Option("--status", help="Status of the story: completed, partial; repeatable.")
]
Styles = Annotated[list[str] | None, typer.Option("--style", help="Style, spelled as in the storyboard; repeatable.")]
Roles = Annotated[
    list[str] | None, typer.Option("--role", help="scene, character_reference, location_reference; repeatable.")
]
Formats = Annotated[list[str] | None, typer.Option("--format", help="png, jpeg or webp; repeatable.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First or last day of the runs.")]
Flags = Annotated[list[str] | None, typer.Option("--flag", help="Only images with this QA flag; repeatable.")]
WithoutFlags = Annotated[
    list[str] | None, typer.Option("--without-flag", help="No images with this QA flag; repeatable.")
]
SplitShares = Annotated[
    list[str] | None, typer.Option("--split", help="A split and its share, such as train=0.9; shares sum to 1.")
]
Seed = Annotated[int, typer.Option(help="Changes which storyboards go into which split.")]
Iceberg = Annotated[
    str | None, typer.Option(metavar="CATALOG.NAMESPACE", help="Register as tables of this Iceberg catalog.")
]
Delta = Annotated[bool, typer.Option("--delta", help="Register as Delta tables beside the parts.")]


def export(
    target: Target,
    to: Kind,
    out: Destination = None,
    status: Statuses = None,
    style: Styles = None,
    role: Roles = None,
    image_format: Formats = None,
    since: Day = None,
    until: Day = None,
    flag: Flags = None,
    without_flag: WithoutFlags = None,
    split: SplitShares = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> int:
    """Write the images of TARGET with their rows as files for training code."""
    from stories.api.wire import ImageFormat
    from stories.dataset.export.selection import Selection, Splits
    from stories.dataset.export.writer import ExportKind, ExportOrder
    from stories.dataset.model import ImageRole, StoryStatus

    selection = Selection(
        statuses=frozenset(_each("--status", status, StoryStatus)),
        styles=frozenset(style or ()),
        roles=frozenset(_each("--role", role, ImageRole)),
        formats=frozenset(_each("--format", image_format, ImageFormat)),
        since=since.date() if since else None,
        until=until.date() if until else None,
        flags=frozenset(flag or ()),
        without_flags=frozenset(without_flag or ()),
    )
    (kind,) = _each("--to", [to], ExportKind)
    url, done = _export(target, out, ExportOrder(kind, selection, Splits.parse(split or (), seed)), as_json=as_json)
    if as_json:
        print_json({"export": url, **_figures(done)})
    else:
        stderr_console.print(f"{done.images:,} images in {len(done.files):,} files, {done.size_bytes / 1e6:,.1f} MB")
        print_result(url)
    return ExitCode.SUCCESS


def register(target: Target, iceberg: Iceberg = None, delta: Delta = False, as_json: AsJson = False) -> int:
    """Register TARGET's manifest with a table format, in place. Repeat it after each run to add the new parts."""
    import asyncio

    from configs.loading import load_config
    from stories.maintenance.export import register_dataset

    state_directory = load_config().state_directory
    done = asyncio.run(register_dataset(target, iceberg=iceberg, delta=delta, state_directory=state_directory))
    if as_json:
        print_json({"tables": [_table(it) for it in done]})
        return ExitCode.SUCCESS
    for it in done:
        stderr_console.print(
            f"{it.table}: {it.files:,} parts, {it.added:,} of them new; {it.removed:,} replaced ones removed"
        )
        print_result(it.location)
    return ExitCode.SUCCESS


def _export(target: str, out: str | None, order: "ExportOrder", *, as_json: bool) -> tuple[str, "Export"]:
    import asyncio

    from rich.progress import Progress

    from stories.maintenance.export import export_dataset

    with Progress(
        console=stderr_console, transient=True, disable=as_json or not stderr_console.is_terminal
    ) as progress:
        task = progress.add_task("exporting", total=None)

        def show(images: int, total: int) -> None:
            progress.update(task, completed=images, total=total)

        return asyncio.run(export_dataset(target, out, order, on_images=show))


def _each(option: str, texts: list[str] | None, words: type[_Word]) -> list[_Word]:
    """Return the texts as words of a kind; raises `ConfigurationError` with the known words."""
    from stories.errors import ConfigurationError

    try:
        return [words(text) for text in texts or ()]
    except ValueError as exc:
        raise ConfigurationError(f"{option} {texts}: expected is one of {', '.join(words)}") from exc


def _figures(done: "Export") -> dict[str, JsonValue]:
    splits: dict[str, JsonValue] = {}
    for file in done.files:
        splits[file.split] = int(str(splits.get(file.split, 0))) + file.images
    return {"images": done.images, "bytes": done.size_bytes, "files": len(done.files), "splits": splits}


def _table(registered: "Registered") -> dict[str, JsonValue]:
    return {
        "table": registered.table,
        "location": registered.location,
        "files": registered.files,
        "added": registered.added,
        "removed": registered.removed,
    }
