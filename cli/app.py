"""`depicta`: the root of the command line, which turns every error into a message and an exit code."""

import sys

import typer
from rich.text import Text

from cli import batch, dataset, export, reconcile, storyboard, studio
from cli import story as story_commands
from cli.console import print_error, printable, stderr_console
from cli.exit_codes import ExitCode, exit_code_of
from stories.errors import StoriesError

_INTERRUPTED = 130
"""The code that typer returns after Ctrl-C."""

app = typer.Typer(
    name="depicta",
    help="Produce illustrated-story datasets from storyboards. Each storyboard is paid for once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(story_commands.app, name="story")
app.add_typer(storyboard.app, name="storyboard")
app.add_typer(batch.app, name="batch")
app.add_typer(dataset.app, name="dataset")
app.add_typer(studio.app, name="studio")
batch.app.command()(reconcile.reconcile)
batch.app.command()(reconcile.resolve)
dataset.app.command()(export.export)
dataset.app.command()(export.register)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code. Wrong usage returns 1, because 2 means a wrong key."""
    try:
        code = app(arguments, standalone_mode=False)
    except typer.TyperException as exc:
        stderr_console.print(Text(exc.format_message()))
        return ExitCode.FAILURE
    except StoriesError as exc:
        print_error(exc, as_json="--json" in arguments)
        return exit_code_of(exc)
    except Exception as exc:
        if "--verbose" in arguments:
            raise
        stderr_console.print(Text(f"defect: {type(exc).__name__}: {printable(str(exc))}"))
        stderr_console.print("nothing is lost; run it again with --verbose for the traceback")
        return ExitCode.FAILURE
    if code == _INTERRUPTED:
        stderr_console.print("interrupted; jobs at the service go on, and the next run resumes them")
        return ExitCode.FAILURE
    return code if isinstance(code, int) else ExitCode.SUCCESS


if __name__ == "__main__":
    main()
