"""`depicta storyboard`: validate the storyboards of a source, and print their JSON Schema."""

from typing import Annotated

import typer
from pydantic import JsonValue
from rich.text import Text

from cli.console import print_json, print_result, printable, stderr_console
from cli.exit_codes import ExitCode

app = typer.Typer(no_args_is_help=True, help="Validate storyboards, or print their JSON Schema.")


@app.command()
def validate(
    source: Annotated[str, typer.Argument(help="Storyboards: a file, a directory, a glob or a URL.")],
    column: Annotated[str, typer.Option(help="Read this column of Parquet files.")] = "storyboard",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> int:
    """Validate every storyboard of SOURCE. Nothing is sent. The exit code is 6 if a storyboard is not valid."""
    from stories.errors import SourceUnreadable
    from stories.storyboards.source import UnusableStoryboard, read_storyboards

    storyboards = invalid = 0
    problems: list[JsonValue] = []
    for found in read_storyboards(source, column=column):
        storyboards += 1
        if not isinstance(found, UnusableStoryboard):
            continue
        invalid += 1
        for problem in found.problems:
            if as_json:
                place = {"uri": found.uri, "field": problem.field}
                problems.append({**place, "reason": problem.reason, "fix": problem.fix})
            else:
                print_result(printable(f"{found.uri}: {problem}").replace("\n", " "))
    if storyboards == 0:
        raise SourceUnreadable(f"{source}: holds no storyboard; see `depicta storyboard schema` for their form")
    if as_json:
        counts: dict[str, JsonValue] = {"storyboards": storyboards, "valid": storyboards - invalid, "invalid": invalid}
        print_json({"source": source, **counts, "problems": problems})
    else:
        stderr_console.print(Text(f"{storyboards} storyboards: {storyboards - invalid} valid, {invalid} not"))
    return ExitCode.STORIES_LEFT if invalid else ExitCode.SUCCESS


@app.command()
def schema() -> None:
    """Print the JSON Schema of a storyboard."""
    from stories.storyboards.json_schema import storyboard_json_schema

    print_json(storyboard_json_schema())
