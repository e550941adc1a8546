"""A program whose processes each make a run and kill themselves: `DIRECTORY URL MOMENT…`, a folder for each moment.

A moment is `before KEY` or `after KEY`: before the first file whose path holds KEY has its name, or after.
Each process stands for a worker under `kill -9`: nothing is cleaned up, no exception runs.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from stories.client.transport import open_transport
from stories.planning import Batch
from tests.stories.whole_runs import run, terms_for


def folder_of(directory: Path, moment: str) -> Path:
    return directory / moment.replace(" ", "-").replace("/", "-")


def batch_in(folder: Path, run_id: str) -> Batch:
    return Batch(str(folder / "boards"), str(folder / "target"), run_id, 1, "storyboard", 100)


def die_at(moment: str) -> None:
    """Arm this process. The audit events of Python come before a file is linked or renamed to its final name."""
    when, key = moment.split(" ", 1)
    is_near = False

    def look(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal is_near
        if is_near and event != "os.kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if event in {"os.link", "os.rename"} and key in str(arguments[1]).partition("/target/")[2]:
            is_near = True
            if when == "before":
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def main(directory: Path, url: str, moments: list[str]) -> None:
    """Fork one process for each moment, once everything is imported and read, and see how each ends."""
    open_transport(keep_alive=False)  # reads the certificate authorities
    children = {}
    for moment in moments:
        child = os.fork()
        if child == 0:
            folder = folder_of(directory, moment)
            die_at(moment)
            asyncio.run(run(batch_in(folder, "run-1"), terms_for(url, folder / "state")))
            os._exit(0)
        children[child] = moment
    ends = {moment: os.waitpid(child, 0)[1] for child, moment in children.items()}
    survived = [moment for moment, end in ends.items() if not os.WIFSIGNALED(end) or os.WTERMSIG(end) != signal.SIGKILL]

    if survived:
        sys.exit(f"did not end at: {survived}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
