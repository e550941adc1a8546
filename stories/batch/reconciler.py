"""Reconciliation with the real service: what every run begins with, and `depicta batch reconcile` does by itself."""

import random

from stories.api.access import ApiAccess
from stories.api.poll import PollClient
from stories.api.retries import Retries
from stories.config import Terms
from stories.ledger.reconciliation import Reconciliation, reconcile
from stories.target import OpenDataset


async def reconcile_target(dataset: OpenDataset, terms: Terms, jitter: random.Random) -> Reconciliation:
    """Reconcile the ledger of an opened target; without a spool nothing of dead processes is taken up."""
    access = ApiAccess(terms.api_url, terms.api_key)
    async with PollClient(access, Retries(dataset.clock, jitter), timeouts=terms.poll_timeouts) as polls:
        return await reconcile(dataset.ledger, polls, terms.doubts)
