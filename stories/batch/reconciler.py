"""Reconciliation of a target with the real service: at the start of every run, during it, and on command."""

import logging
import random
from collections.abc import Callable

from stories.api.session import open_session
from stories.config import LedgerConfig, RunConfig
from stories.errors import StoriesError
from stories.ledger.ledger import Ledger
from stories.ledger.open_doubts import DoubtReason
from stories.ledger.reconciliation import NO_CONSENT, Consent, Reconciliation, ServiceView, reconcile
from stories.target import OpenDataset

_SUBMITS_BETWEEN_RECONCILES = 20
"""A fifth of the jobs that the service is known to list, so that several workers and long jobs fit into the list."""

_log = logging.getLogger(__name__)


async def reconcile_target(
    dataset: OpenDataset, config: RunConfig, jitter: random.Random, consent: Consent = NO_CONSENT
) -> Reconciliation:
    """Reconcile the ledger of an opened target; without a spool, the work of dead processes is not recovered."""
    async with open_session(config, dataset.clock, jitter) as session:
        return await reconcile(dataset.ledger, session.polls, config.ledger, consent)


class PeriodicReconciler:
    """A reconciler that runs at every 20th submit while a doubt is open; calls `adopted` with each adopted story id.

    The service lists about a hundred jobs, and every submit pushes one out. The job of a doubt from the beginning of a
    long run would no longer be listed when the next run reconciles, and a person would have to settle the doubt.
    """

    def __init__(
        self, ledger: Ledger, service: ServiceView, config: LedgerConfig, adopted: Callable[[str], None]
    ) -> None:
        self._ledger = ledger
        self._service = service
        self._config = config
        self._adopted = adopted
        self._submits = 0
        self._is_doubt_open = True
        """True until the first reconcile: an earlier shard or another worker may have left a doubt."""

    def doubted(self) -> None:
        """Note that a submit has just ended in doubt."""
        self._is_doubt_open = True

    async def before_submit(self) -> None:
        """Count a submit, and reconcile first if it is the 20th; an error is logged and left to the next reconcile."""
        self._submits += 1
        if not self._is_doubt_open or self._submits < _SUBMITS_BETWEEN_RECONCILES:
            return
        self._submits, self._is_doubt_open = 0, False
        try:
            found = await reconcile(self._ledger, self._service, self._config)
        except StoriesError as exc:
            _log.warning("cannot look for the jobs of stories in doubt now; trying again after more submits: %s", exc)
            self._is_doubt_open = True
            return
        # This process is most likely sending an attempt without an outcome right now.
        self._is_doubt_open |= any(doubt.why is not DoubtReason.SENDER_UNKNOWN for doubt in found.open_doubts)
        for adoption in found.adopted:
            self._adopted(adoption.story_id)
