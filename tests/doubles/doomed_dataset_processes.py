"""A program whose processes each commit, compact and publish, and kill themselves: `DIRECTORY PLACE:HIT…`.

Each place of `stories.failpoints` has a folder with a dataset of its own. A process stands for a worker under
`kill -9`: nothing is cleaned up, no exception runs.
"""

import asyncio
import os
import secrets
import signal
import sys
from pathlib import Path

from stories.clock import SystemClock
from stories.dataset.log.commits import CommitLog
from stories.dataset.log.compaction import compact
from stories.dataset.marker import DatasetIdentity
from stories.dataset.publication import publish
from stories.failpoints import Failpoint, kill_at
from stories.storage.fsspec_store import open_store
from stories.storage.store import Store
from tests.doubles import saved_stories as saved

BEFORE = (saved.completed(0), saved.partial(1))
"""Committed before a process begins."""
FRESH = saved.failed(2)
"""Committed by the process, if it lives so long."""
IDENTITY = DatasetIdentity(saved.LINEAGE.dataset_id, saved.NOON, 1, "0.1.0")


def new_log(store: Store) -> CommitLog:
    """A log that knows nothing yet."""
    return CommitLog(store, SystemClock(), lambda: secrets.token_hex(8))


async def prepare(folder: Path) -> None:
    """A dataset of two commits."""
    async with open_store(str(folder)) as store:
        for number, story in enumerate(BEFORE):
            await saved.store_images(store, story)
            await new_log(store).commit([story], batch_id=f"b-{number}", lineage=saved.LINEAGE)


async def work(folder: Path) -> None:
    """One more commit, a compaction, a publish: what a process does, and the next one does again."""
    async with open_store(str(folder), parallel_calls=2) as store:
        log = new_log(store)
        if FRESH.story.story_id not in await log.committed():
            await log.commit([FRESH], batch_id=f"b-{secrets.token_hex(4)}", lineage=saved.LINEAGE)
        await compact(store, log, SystemClock(), lambda: secrets.token_hex(8))
        await publish(store, log, IDENTITY)


def main(directory: Path, moments: list[str]) -> None:
    """Fork one process for each moment, and see how each ends."""
    asyncio.run(prepare(directory / "warm"))  # what is done once in a process is done before it is forked
    children = {}
    for moment in moments:
        child = os.fork()
        if child == 0:
            place, _, hit = moment.rpartition(":")
            kill_at(Failpoint(place), int(hit))
            asyncio.run(work(directory / moment))
            os._exit(0)
        children[child] = moment
    ends = {moment: os.waitpid(child, 0)[1] for child, moment in children.items()}
    survived = [moment for moment, end in ends.items() if not os.WIFSIGNALED(end) or os.WTERMSIG(end) != signal.SIGKILL]
    if survived:
        sys.exit(f"did not end at: {survived}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
