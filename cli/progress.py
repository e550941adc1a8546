"""Progress of a run on stderr: a live line on a terminal, a line every 15 seconds elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.console import stderr_console
from stories.batch.progress import ShardProgress

_SECONDS_BETWEEN_LINES = 15.0


class RunProgress:
    """Display of the steps and the shards of a run; a quiet display prints nothing."""

    def __init__(self, progress: Progress | None, *, quiet: bool) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=None) if progress is not None else None
        self._quiet = quiet
        self._next_line = 0.0

    def step(self, step: str) -> None:
        """Show that a step begins."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=step)
        elif not self._quiet:
            stderr_console.print(f"{step} …")

    def shard(self, shard: ShardProgress) -> None:
        """Show the progress of a shard."""
        self.stories(shard.finished, len(shard.outcomes), _words(shard))

    def stories(self, done: int, total: int, words: str) -> None:
        """Show the number of stories that are done, with a description of the others."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=words, completed=done, total=total, refresh=False)
        elif not self._quiet and time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _SECONDS_BETWEEN_LINES
            stderr_console.print(f"{done}/{total} stories · {words}")


@contextmanager
def run_progress(*, quiet: bool) -> Iterator[RunProgress]:
    """Yield the display for the block: live if stderr is a terminal, else in lines."""
    if quiet or not stderr_console.is_terminal:
        yield RunProgress(None, quiet=quiet)
        return
    columns = (
        SpinnerColumn(),
        MofNCompleteColumn(),
        BarColumn(bar_width=24),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=stderr_console, transient=True, refresh_per_second=8) as progress:
        yield RunProgress(progress, quiet=False)


def _words(shard: ShardProgress) -> str:
    words = [f"{shard.at_the_service} at the service", f"{shard.images} images", f"{shard.cost_eur.normalize():f} EUR"]
    if shard.troubles:
        words.append(f"{len(shard.troubles)} troubles")
    return " · ".join(words)
