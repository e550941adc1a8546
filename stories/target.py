"""The opening of a target: the identity of its dataset, its ledger and its commits."""

import os
import secrets
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from stories.clock import Clock, SystemClock
from stories.dataset.layout import MARKER
from stories.dataset.log.commits import CommitLog
from stories.dataset.marker import DatasetIdentity, claim_target
from stories.errors import TargetUnusable
from stories.ledger.ledger import Ledger
from stories.ledger.spool import Spool
from stories.storage.fsspec_store import FsspecStore, open_store

PIPELINE_VERSION = version("depicta-stories")


@dataclass(frozen=True)
class OpenDataset:
    """An opened dataset, for runs and for commands that inspect them."""

    store: FsspecStore
    identity: DatasetIdentity
    ledger: Ledger
    commits: CommitLog
    clock: Clock


@asynccontextmanager
async def open_target(target: str, *, run_id: str, state_directory: Path | None) -> AsyncIterator[OpenDataset | None]:
    """Open the dataset at the target; yields None when there is none yet.

    `state_directory` holds the spool of this process; without it, nothing may be sent or recovered. Raises
    `TargetUnusable`.
    """
    async with open_store(target, clock=SystemClock()) as store:
        if await store.read(MARKER) is None:
            yield None
            return
        with _opened(store, await _identity(store), run_id, state_directory) as dataset:
            yield dataset


@asynccontextmanager
async def existing_target(target: str, *, run_id: str) -> AsyncIterator[OpenDataset]:
    """Open the dataset at the target, as `open_target` does; raises `TargetUnusable` also when there is none."""
    async with open_target(target, run_id=run_id, state_directory=None) as dataset:
        if dataset is None:
            raise TargetUnusable(f"{target}: no dataset yet; `depicta batch run` creates one")
        yield dataset


@asynccontextmanager
async def begin_target(target: str, *, run_id: str) -> AsyncIterator[OpenDataset]:
    """Check that the target keeps what is written to it, then open its dataset, creating it if there is none.

    Raises `TargetUnusable`.
    """
    async with open_store(target, clock=SystemClock()) as store:
        await store.probe()
        with _opened(store, await _identity(store), run_id, None) as dataset:
            yield dataset


async def _identity(store: FsspecStore) -> DatasetIdentity:
    return await claim_target(
        store, clock=SystemClock(), new_dataset_id=lambda: str(uuid.uuid4()), tool_version=PIPELINE_VERSION
    )


@contextmanager
def _opened(
    store: FsspecStore, identity: DatasetIdentity, run_id: str, state_directory: Path | None
) -> Iterator[OpenDataset]:
    clock, host = SystemClock(), socket.gethostname()
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
        yield OpenDataset(store, identity, ledger, CommitLog(store, clock, lambda: secrets.token_hex(8)), clock)
