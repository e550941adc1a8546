"""The real `depicta` as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stories.strict_json import JsonObject

_END_SECONDS = 150

STORYBOARD = {
    "title": "The Lighthouse Cat",
    "characters": [{"name": "Zoë B"}, {"name": "Zo  B"}],
    "locations": [{"name": "The harbour"}],
    "scenes": [{"prompt": "a cat on a quay"}, {"prompt": "rain over the sea"}],
}
"""Two scenes, two characters whose names make one slug, and a location."""


@dataclass(frozen=True)
class Finished:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> JsonObject:
        """The one JSON object on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> JsonObject:
        """The one JSON object on stderr."""
        return json.loads(self.err)


Depicta = Callable[..., Finished]
"""Runs a command in this process; the words of the command are its arguments."""


def start(
    arguments: Sequence[str | Path], environment: Mapping[str, str], *, directory: Path | None = None
) -> "subprocess.Popen[str]":
    """Start a command and leave it running."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "cli.app", *map(str, arguments)],
        cwd=directory,
        env={**os.environ, "COLUMNS": "200", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]", *, interrupt: bool = False) -> Finished:
    """Wait for a command's end, after Ctrl-C if that is asked for."""
    if interrupt:
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=_END_SECONDS)
    return Finished(process.returncode, out, err)


def depicta(arguments: Sequence[str | Path], environment: Mapping[str, str]) -> Finished:
    """Run a command to its end."""
    return finish(start(arguments, environment))


def listing(directory: Path) -> dict[str, tuple[int, int]]:
    """Every file below a directory with its size and time of change: equal when nothing was written meanwhile."""
    return {
        str(path.relative_to(directory)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
