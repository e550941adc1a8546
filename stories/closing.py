"""The end of a run: the dataset published as it is committed, the receipt completed."""

import random

from stories.balance import read_balance
from stories.dataset.publication import publish
from stories.errors import TargetUnusable
from stories.failpoints import Failpoint, failpoint
from stories.outcomes import ProductionReport
from stories.planning import Batch
from stories.receipts import close_run
from stories.terms import Terms
from stories.workplace import open_workplace


async def close_batch(batch: Batch, report: ProductionReport, terms: Terms, jitter: random.Random) -> ProductionReport:
    """Bring `metadata.parquet` and the card up to date, and write what the run came to.

    Gives the report with a note when the balance at the service does not agree with it.
    """
    async with open_workplace(batch.target, run_id=batch.run_id, state_directory=None) as workplace:
        if workplace is None:
            raise TargetUnusable(f"{batch.target}: the dataset that this run wrote is gone")
        await publish(workplace.store, workplace.commits, workplace.identity)
        failpoint(Failpoint.RUN_BEFORE_RECEIPT)
        balance_eur = await read_balance(terms, jitter)
        ended_at = workplace.clock.now()
        report = await close_run(workplace.store, batch.run_id, report, ended_at=ended_at, balance_eur=balance_eur)
        failpoint(Failpoint.RUN_CLOSED)
        return report
