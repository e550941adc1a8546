"""The service's books against the run's own: what the balance lost, and what the run's stories explain of it."""

import logging
import random
from decimal import Decimal

from stories.api.access import ApiAccess
from stories.api.poll import PollClient
from stories.api.retries import Retries, RetryPolicy
from stories.batch.report import Money
from stories.clock import SystemClock
from stories.config import Terms
from stories.errors import StoriesError

_ASKED_BRIEFLY = RetryPolicy(attempts=2, first_delay_seconds=0.5, longest_delay_seconds=1.0, total_seconds=10.0)
"""The run is over, and a figure for its receipt is not worth a wait."""

_log = logging.getLogger(__name__)


async def read_balance(terms: Terms, jitter: random.Random) -> Decimal | None:
    """The balance in euros; None when the service does not say it, or cannot be asked."""
    access = ApiAccess(terms.api_url, terms.api_key)
    try:
        async with PollClient(access, Retries(SystemClock(), jitter, _ASKED_BRIEFLY)) as polls:
            return (await polls.profile()).user.balance_eur
    except StoriesError as exc:
        _log.warning("the balance cannot be read: %s", exc)
        return None


def unexplained_eur(before_eur: Decimal, after_eur: Decimal, money: Money, cost_eur: Decimal) -> Decimal:
    """How far the fall of the balance is from what the run explains; negative when less is gone than that.

    At least what was sent and completed is gone. At most also what was sent before and saved now (`cost_eur` is all
    that was saved), and what is reserved, for a story at the service may be charged by now.
    """
    gone_eur = before_eur - after_eur
    least_eur, most_eur = money.spent_eur, max(cost_eur, money.spent_eur) + money.reserved_eur
    return gone_eur - min(max(gone_eur, least_eur), most_eur)


def difference_note(before_eur: Decimal, after_eur: Decimal, unexplained: Decimal) -> str:
    """For the summary of a run whose books do not agree with the service's."""
    more = "more" if unexplained > 0 else "less"
    return (
        f"the balance went from {before_eur:f} to {after_eur:f} EUR, which is {abs(unexplained):f} EUR {more} than "
        "this run's stories explain: was the account used by another program or run meanwhile? Else ask the service"
    )
