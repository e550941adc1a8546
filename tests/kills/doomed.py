"""Runs in processes that end by SIGKILL: nothing is cleaned up, no exception runs.

As a program it is told the studio's URL and reads one order a line: it forks, the child makes the run, and one line
says how it ended. Everything is imported and read once, so that a run costs what the run costs.
"""

import asyncio
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import PIL.Image

from stories.api.transport import open_transport
from stories.batch.plan import BatchRun
from stories.dataset.run_record import RunReport
from stories.failpoints import Failpoint, kill_at
from tests.doubles.running_studio import KEY
from tests.doubles.whole_runs import config_for, run

REPOSITORY = Path(__file__).parents[2]
_LONGEST_RUN_SECONDS = 90.0


@dataclass(frozen=True)
class Order:
    """One run, and its end if it is to have one before its time: at a hit of a failpoint, or after so many seconds."""

    source: str
    target: str
    state: str
    run_id: str
    place: Failpoint | None = None
    hit: int = 1
    kill_after_seconds: float | None = None
    samples: int = 1
    submits_per_second: float = 100.0


@dataclass(frozen=True)
class Ended:
    """How a run ended; without a report it was killed."""

    was_killed: bool
    report: RunReport | None


class Doomed:
    """The program in a process of its own; a context manager. Not for two threads at a time."""

    def __init__(self, url: str, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kills.doomed", url],
            cwd=REPOSITORY,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.communicate()

    def run(self, order: Order) -> Ended:
        """Have the run made; raises when it ended in any other way than by SIGKILL or by itself."""
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if answer["end"] not in (0, -signal.SIGKILL):
            raise AssertionError(f"{order} ended with {answer['end']}: {answer['said'][-2000:]}")
        report = RunReport.model_validate_json(answer["said"]) if answer["end"] == 0 else None
        return Ended(report is None, report)


def carry_out(order: Order, url: str) -> dict[str, object]:
    """Fork a process for the run, and say how it ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os._exit(_run_and_tell(order, url, writing))
    os.close(writing)
    longest_seconds = order.kill_after_seconds or _LONGEST_RUN_SECONDS
    if not select.select([reading], [], [], longest_seconds)[0]:
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as said:
        content = said.read().decode()
    end = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if end and order.place is None and order.kill_after_seconds is None:
        return {"end": 1, "said": f"ended with {end}: {content}"}
    return {"end": end, "said": content}


def _run_and_tell(order: Order, url: str, writing: int) -> int:
    batch = BatchRun(order.source, order.target, order.run_id)
    config = config_for(
        url,
        Path(order.state),
        api_key=KEY,
        submits_per_second=order.submits_per_second,
        samples=order.samples,
        shard_stories=100,
    )
    try:
        if order.place is not None:
            kill_at(order.place, order.hit)
        _, report = asyncio.run(run(batch, config))
    except BaseException:  # noqa: BLE001 - the process ends here, and its parent tells
        os.write(writing, traceback.format_exc().encode()[-4000:])
        return 1
    os.write(writing, report.model_dump_json().encode())
    return 0


def main(url: str) -> None:
    """Carry out one order after the other, until there are no more."""
    for name in ("anyio._backends._asyncio", "pandas", "fsspec.implementations.local", "_strptime"):
        importlib.import_module(name)  # what a run imports only when it gets there
    PIL.Image.init()
    open_transport(keep_alive=False)  # reads the certificate authorities
    for line in sys.stdin:
        order = json.loads(line)
        place = None if order["place"] is None else Failpoint(order["place"])
        sys.stdout.write(json.dumps(carry_out(Order(**{**order, "place": place}), url)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
