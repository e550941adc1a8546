"""Reconciliation with the real service: what every run begins with, and `depicta batch reconcile` does by itself."""

import random

from stories.client.access import ApiAccess
from stories.client.polling import PollClient
from stories.client.retries import Retries
from stories.ledger.reconciliation import Reconciliation, reconcile
from stories.terms import Terms
from stories.workplace import Workplace


async def reconcile_target(workplace: Workplace, terms: Terms, jitter: random.Random) -> Reconciliation:
    """Reconcile the ledger of an opened target; without a spool nothing of dead processes is taken up."""
    access = ApiAccess(terms.api_url, terms.api_key)
    async with PollClient(access, Retries(workplace.clock, jitter), timeouts=terms.poll_timeouts) as polls:
        return await reconcile(workplace.ledger, polls, terms.doubts)
