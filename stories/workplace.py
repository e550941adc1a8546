"""A target with everything on it opened: the dataset's identity, its ledger, its commits."""

import os
import secrets
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from stories.clock import Clock, SystemClock
from stories.dataset.commits import CommitLog
from stories.dataset.identity import DatasetIdentity, open_dataset
from stories.dataset.layout import MARKER
from stories.ledger.ledger import Ledger
from stories.ledger.spool import Spool
from stories.storage.target import FsspecStore, open_target

PIPELINE_VERSION = version("depicta-stories")


@dataclass(frozen=True)
class Workplace:
    """What runs, and who looks at them, work on."""

    store: FsspecStore
    identity: DatasetIdentity
    ledger: Ledger
    commits: CommitLog
    clock: Clock


@asynccontextmanager
async def open_workplace(
    target: str, *, run_id: str, state_directory: Path | None, found: bool = False
) -> AsyncIterator[Workplace | None]:
    """The dataset at the target; None when there is none yet, unless `found`, which proves the target and begins one.

    `state_directory` holds this process's spool; without it nothing may be sent or recovered. Raises `TargetUnusable`.
    """
    clock = SystemClock()
    async with open_target(target, clock=clock) as store:
        if found:
            await store.probe()
        elif await store.read(MARKER) is None:
            yield None
            return
        identity = await open_dataset(
            store, clock=clock, new_dataset_id=lambda: str(uuid.uuid4()), tool_version=PIPELINE_VERSION
        )
        host = socket.gethostname()
        with ExitStack() as stack:
            spool = None
            if state_directory is not None:
                spool = stack.enter_context(Spool.open(state_directory / "spool", identity.dataset_id, host=host))
            ledger = Ledger(
                store,
                target_id=identity.dataset_id,
                spool=spool,
                host=host,
                worker=f"{host}-{os.getpid()}",
                run_id=run_id,
                clock=clock,
                new_nonce=lambda: secrets.token_hex(16),
            )
            yield Workplace(store, identity, ledger, CommitLog(store, clock, lambda: secrets.token_hex(8)), clock)
