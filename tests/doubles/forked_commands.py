"""The real `depicta` in processes forked from one that has imported everything, which saves three seconds for each.

As a program it reads one command a line, forks, and writes the exit code of the child. A child is a process like any
other: it has an environment, a directory and files for its output of its own, and ends as the command line ends.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.doubles.commands import Finished

_ROOT = Path(__file__).parents[2]


class ForkedCommands:
    """The program in a process of its own; a context manager. Prefect reads its environment when this begins."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.doubles.forked_commands"],
            cwd=_ROOT,
            env={**os.environ, "COLUMNS": "200", **self._environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.communicate()

    def run(self, arguments: Sequence[str | Path], environment: Mapping[str, str]) -> Finished:
        """Run a command to its end."""
        with tempfile.TemporaryDirectory() as directory:
            order = {"arguments": list(map(str, arguments)), "environment": dict(environment), "directory": directory}
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            out, err = ((Path(directory) / name).read_text("utf-8") for name in ("out", "err"))
        return Finished(code, out, err)


def main() -> None:
    """Run one command after the other, each in a child; return in the child, as the process of its command."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(order["arguments"], order["environment"], Path(order["directory"]))
            return
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()
    os._exit(0)


def _become(arguments: list[str], environment: dict[str, str], directory: Path) -> None:
    os.environ.update(environment)
    sys.argv = ["depicta", *arguments]
    for descriptor, (name, mode) in enumerate((("/dev/null", os.O_RDONLY), ("out", os.O_WRONLY), ("err", os.O_WRONLY))):
        opened = os.open(directory / name, mode | os.O_CREAT, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)


if __name__ == "__main__":
    from cli.app import main as depicta
    from cli.batch import prefect_environment

    os.environ.update(prefect_environment(verbose=False))
    importlib.import_module("cli.flow_run")
    if threading.active_count() > 1:
        sys.exit("a process with threads cannot be forked")
    main()
    depicta()
