"""The end of a run: the dataset published as it is committed, the receipt completed."""

import random

from stories.batch.balance import read_balance
from stories.batch.plan import BatchRun
from stories.batch.report import RunReport
from stories.config import Terms
from stories.dataset.publication import publish
from stories.dataset.run_record import close_run
from stories.errors import TargetUnusable
from stories.failpoints import Failpoint, failpoint
from stories.target import open_target


async def close_batch(batch: BatchRun, report: RunReport, terms: Terms, jitter: random.Random) -> RunReport:
    """Bring `metadata.parquet` and the card up to date, and write what the run came to.

    Gives the report with a note when the balance at the service does not agree with it.
    """
    async with open_target(batch.target, run_id=batch.run_id, state_directory=None) as dataset:
        if dataset is None:
            raise TargetUnusable(f"{batch.target}: the dataset that this run wrote is gone")
        await publish(dataset.store, dataset.commits, dataset.identity)
        failpoint(Failpoint.RUN_BEFORE_RECORD)
        balance_eur = await read_balance(terms, jitter)
        ended_at = dataset.clock.now()
        report = await close_run(dataset.store, batch.run_id, report, ended_at=ended_at, balance_eur=balance_eur)
        failpoint(Failpoint.RUN_CLOSED)
        return report
