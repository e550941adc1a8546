"""How far a run is, for whoever watches: a live line on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.console import stderr_console
from stories.batch.progress import ShardProgress

_SECONDS_BETWEEN_LINES = 15.0


class RunProgress:
    """Shows steps and tallies; `quiet` shows nothing."""

    def __init__(self, progress: Progress | None, *, quiet: bool) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=None) if progress is not None else None
        self._quiet = quiet
        self._next_line = 0.0

    def step(self, what: str) -> None:
        """Say what is begun."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=what)
        elif not self._quiet:
            stderr_console.print(f"{what} …")

    def shard(self, shard: ShardProgress) -> None:
        """Show the tally as it stands."""
        self.stories(shard.settled, len(shard.outcomes), _words(shard))

    def stories(self, done: int, total: int, words: str) -> None:
        """Show how many stories are done, and what else there is to say of them."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=words, completed=done, total=total, refresh=False)
        elif not self._quiet and time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _SECONDS_BETWEEN_LINES
            stderr_console.print(f"{done}/{total} stories · {words}")


@contextmanager
def run_progress(*, quiet: bool) -> Iterator[RunProgress]:
    """Progress for the block: live when stderr is a terminal, in lines when it is not."""
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
        words.append(f"{len(shard.troubles)} in trouble")
    return " · ".join(words)
