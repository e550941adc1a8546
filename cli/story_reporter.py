"""Output of `depicta story` in three modes: messages on a terminal, JSON, and one line into a pipe."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import typer
from pydantic import JsonValue
from rich.text import Text

from cli.console import print_error, print_result, printable, stderr_console
from cli.exit_codes import ExitCode, exit_code_of
from stories.errors import OutcomeUnknown, StoriesError

if TYPE_CHECKING:
    from stories.api.poll import JobAnswer
    from stories.single.folder import ImageSelection, StoryRecord
    from stories.single.progress import StoryProgress


class Mode(StrEnum):
    """Modes of output; JSON and PIPE print errors as one JSON object on stderr, as the vendor's client does."""

    HUMAN = "human"
    JSON = "json"
    PIPE = "pipe"


@dataclass
class StoryReporter:
    """Output of one command; `progress` is the progress of its story so far."""

    mode: Mode
    quiet: bool
    progress: "StoryProgress | None" = None

    @classmethod
    def of(cls, *, as_json: bool, human: bool, quiet: bool) -> "StoryReporter":
        """Return the reporter that the options ask for; without options, stdout decides between terminal and pipe."""
        if as_json:
            return cls(Mode.JSON, quiet)
        return cls(Mode.HUMAN if human or sys.stdout.isatty() else Mode.PIPE, quiet)

    @contextmanager
    def errors_reported(self) -> Iterator[None]:
        """Report an error or a Ctrl-C that ends the block, and end the command with its exit code.

        The log of the library does not reach stderr: scripts need only the errors, which are reported here.
        """
        silent, library = logging.NullHandler(), logging.getLogger("stories")
        library.addHandler(silent)
        library.propagate = False  # the calling program may have a handler that writes to stderr
        try:
            yield
        except StoriesError as exc:
            self._report(exc, {})
            raise typer.Exit(exit_code_of(exc)) from exc
        except KeyboardInterrupt as exc:
            begun = self.progress is not None and self.progress.stage != "unsent"
            self._report(
                StoriesError("interrupted" if begun else "interrupted; nothing was sent"), {"error": "interrupted"}
            )
            raise typer.Exit(ExitCode.FAILURE) from exc
        finally:
            library.propagate = True
            library.removeHandler(silent)

    @contextmanager
    def following(self, progress: "StoryProgress") -> Iterator[None]:
        """Show the progress while the block runs, in HUMAN mode and unless quiet."""
        self.progress = progress
        if self.mode is not Mode.HUMAN or self.quiet:
            yield
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=24), MofNCompleteColumn())
        off = not stderr_console.is_terminal
        with Progress(*columns, TimeElapsedColumn(), console=stderr_console, transient=True, disable=off) as bar:
            task = bar.add_task("asking the service", total=None)
            named: set[str] = set()

            def show() -> None:
                if progress.job_id is not None and progress.job_id not in named:
                    named.add(progress.job_id)
                    self.say(f"job {progress.job_id}")
                total, completed = progress.scenes_total, progress.scenes_completed
                bar.update(task, description=_STAGES[progress.stage.value], total=total, completed=completed)

            progress.changed = show
            yield

    def delivered(self, record: "StoryRecord", selection: "ImageSelection", progress: "StoryProgress") -> None:
        """Report that the directory holds the complete story."""
        for note in progress.notes:
            self.say(note)
        if self.mode is Mode.JSON:
            print_result(json.dumps(_result_document(record, selection, progress)))
            return
        if self.mode is Mode.HUMAN:
            cost = f" · {record.cost_eur} EUR" if record.cost_eur is not None else ""
            self.say(f"{record.title or 'story'}: {len(record.paths(selection))} images{cost}")
        print_result(str(progress.directory))

    def state(self, job_id: str, answer: "JobAnswer") -> None:
        """Print the state of a job: the unchanged answer of the service in JSON mode, else one line."""
        if self.mode is Mode.JSON:
            counts: dict[str, JsonValue] = {"job_id": job_id, "scenes_completed": None, "scenes_total": None}
            print_result(json.dumps({**counts, **answer.document, "job_id": job_id}))
            return
        said, result = answer.answer, answer.answer.result
        words = [job_id, str(answer.document.get("status", said.status))]
        if said.scenes_total is not None:
            words.append(f"{said.scenes_completed or 0}/{said.scenes_total} scenes")
        if result is not None and result.cost_eur is not None:
            words.append(f"{result.cost_eur} EUR")
        print_result(printable("  ".join(words)))

    def say(self, text: str) -> None:
        """Print a message on stderr unless quiet; stdout stays free for the lines that scripts read."""
        if not self.quiet:
            stderr_console.print(Text(printable(text)))

    def _report(self, error: StoriesError, words: dict[str, JsonValue]) -> None:
        progress = self.progress
        advice = "" if progress is None or isinstance(error, OutcomeUnknown) else progress.advice
        if self.mode is Mode.HUMAN:
            print_error(error, as_json=False)
            if advice:
                stderr_console.print(Text(printable(advice)))
            return
        if advice:
            words = {**words, "message": f"{error}. {advice}"}
        if progress is not None and progress.job_id is not None:
            words = {**words, "job_id": progress.job_id, "still_running": progress.still_running}
        print_error(error, as_json=True, extra=words)


_STAGES = {
    "unsent": "asking the service",
    "sending": "sending",
    "running": "drawing",
    "completed": "saving",
    "failed": "failed",
}


def _result_document(
    record: "StoryRecord", selection: "ImageSelection", progress: "StoryProgress"
) -> dict[str, JsonValue]:
    """Return the result in the vendor's form: absolute paths, amounts as texts, and references if there are any."""
    document: dict[str, JsonValue] = {
        "job_id": record.job_id,
        "title": record.title,
        "scenes": [{"file": str(progress.directory / path)} for path in record.scene_paths(selection.image_format)],
        "cost_eur": None if record.cost_eur is None else str(record.cost_eur),
        "balance_eur": None if record.balance_eur is None else str(record.balance_eur),
    }
    for reference in record.references if selection.references else ():
        entries = document.setdefault(reference.folder, [])
        if isinstance(entries, list):
            entries.append({"name": reference.name, "file": str(progress.directory / reference.path)})
    return document
