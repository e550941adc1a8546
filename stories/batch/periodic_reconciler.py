"""Second looks: the jobs of stories in doubt are looked for while the run goes on, not only by the next one.

The service lists about a hundred jobs, and every submit pushes one out. A doubt from the beginning of a long run would
not be in the list any more when the next run looks, and a person would have to settle it.
"""

import logging
from collections.abc import Callable

from stories.errors import StoriesError
from stories.ledger.doubt_policy import ReconcileTerms
from stories.ledger.ledger import Ledger
from stories.ledger.open_doubts import DoubtReason
from stories.ledger.reconciliation import ServiceView, reconcile

_log = logging.getLogger(__name__)
_SUBMITS_BETWEEN_LOOKS = 20
"""A fifth of what the service is known to list, so that several workers, and jobs that run long, find their place."""


class PeriodicReconciler:
    """Reconciles after every so many submits, as long as a doubt is open; what is adopted is told to `adopted`."""

    def __init__(
        self, ledger: Ledger, service: ServiceView, terms: ReconcileTerms, adopted: Callable[[str], None]
    ) -> None:
        self._ledger = ledger
        self._service = service
        self._terms = terms
        self._adopted = adopted
        self._submits = 0
        self._is_doubt_open = True
        """Until the first look: the shard before, or another worker, may have left one."""

    def doubted(self) -> None:
        """A submit has just ended in doubt."""
        self._is_doubt_open = True

    async def before_submit(self) -> None:
        """Count a submit, and look first if it is time; trouble with that is the next look's, and no story's."""
        self._submits += 1
        if not self._is_doubt_open or self._submits < _SUBMITS_BETWEEN_LOOKS:
            return
        self._submits, self._is_doubt_open = 0, False
        try:
            found = await reconcile(self._ledger, self._service, self._terms)
        except StoriesError as exc:
            _log.warning("the jobs of stories in doubt could not be looked for now: %s", exc)
            self._is_doubt_open = True
            return
        # An attempt without outcome is most likely one that this process is at right now.
        self._is_doubt_open |= any(open_doubt.why is not DoubtReason.SENDER_UNKNOWN for open_doubt in found.open_doubts)
        for adoption in found.adopted:
            self._adopted(adoption.story_id)
