"""A program whose processes each submit one story and kill or stop themselves: `DIRECTORY SIGNAL MOMENT…`.

Each stands for a worker under `kill -9`: nothing is cleaned up, no exception runs. Below DIRECTORY, each has a folder
named for its moment, with a target and a spool of its own.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from stories.api.submit import SendReport
from stories.clock import SystemClock
from stories.storage.fsspec_store import open_store
from tests.doubles.ledger_processes import Process, ScriptedService, a_story, accepted

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class Doom:
    """The moment at which this process ends."""

    def __init__(self, moment: str, end: signal.Signals) -> None:
        self._moment = moment
        self._end = end

    def reach(self, moment: str) -> None:
        if moment == self._moment:
            os.kill(os.getpid(), self._end)

    def before(self, key: str) -> None:
        self.reach(f"before {key.rpartition('.')[2]}")

    def after(self, key: str) -> bool:
        self.reach(f"after {key.rpartition('.')[2]}")
        return False


class DoomedService(ScriptedService):
    """Ends with the first byte, or with the answer in memory."""

    def __init__(self, doom: Doom) -> None:
        super().__init__(accepted())
        self._doom = doom

    async def send(
        self, body: bytes, *, idempotency_key: str | None, before_first_byte: Callable[[], Awaitable[None]]
    ) -> SendReport:
        async def announce_and_reach() -> None:
            await before_first_byte()
            self._doom.reach("first byte")

        report = await super().send(body, idempotency_key=idempotency_key, before_first_byte=announce_and_reach)
        self._doom.reach("answer")
        return report


async def submit(folder: Path, doom: Doom) -> None:
    async with open_store(str(folder / "target")) as store:
        process = Process(store, folder / "state", SystemClock())
        process.store.trouble, process.store.lost = doom.before, doom.after
        await process.submit(a_story(), DoomedService(doom))
        process.die()


def main(directory: Path, end: signal.Signals, moments: list[str]) -> None:
    """Fork one process for each moment, once everything is imported, and see it end."""
    for moment in moments:
        child = os.fork()
        if child == 0:
            asyncio.run(submit(directory / moment, Doom(moment, end)))
            os._exit(0)
        _, status = os.waitpid(child, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            sys.stdout.write(f"{child}\n")
            sys.stdout.flush()
            _, status = os.waitpid(child, 0)
            sys.exit(os.waitstatus_to_exitcode(status))
        if not os.WIFSIGNALED(status):
            sys.exit(f"it did not end at {moment}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), SIGNALS[sys.argv[2]], sys.argv[3:])
