"""The account at the service: its balance and prices before a run, and its balance compared with the run afterwards."""

import logging
import random
from dataclasses import dataclass
from decimal import Decimal

from stories.api.retries import RetryPolicy
from stories.api.session import BRIEF, open_session
from stories.clock import SystemClock
from stories.config import RunConfig
from stories.dataset.run_record import Money
from stories.errors import ConfigurationError, StoriesError
from stories.ledger.prices import PriceList

_ONCE_MORE = RetryPolicy(attempts=2, first_delay_seconds=0.5, longest_delay_seconds=1.0, total_seconds=10.0)
"""Short, because the run is over and its record can do without the balance."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AccountSnapshot:
    """Balance and prices as the service reported them; None for an amount that it did not report."""

    available_eur: Decimal | None
    balance_eur: Decimal | None
    prices: PriceList


async def read_account(config: RunConfig, jitter: random.Random) -> AccountSnapshot:
    """Read balance and models from the service, which also proves that it can be reached and accepts the key.

    Raises the errors of the poll client, and `ConfigurationError` when there is a cost cap but no price.
    """
    async with open_session(config, SystemClock(), jitter, poll_retries=BRIEF) as session:
        profile = await session.polls.profile()
        prices = PriceList.of(await session.polls.models(), config.money.price_per_image_eur)
    if config.money.has_cap and prices.dearest_eur is None:
        raise ConfigurationError(
            "the service reports no price, so the cost cap cannot be enforced: set money.price_per_image_eur "
            "(DEPICTA_MONEY_PRICE_PER_IMAGE_EUR)"
        )
    return AccountSnapshot(profile.available_eur, profile.user.balance_eur, prices)


async def read_balance(config: RunConfig, jitter: random.Random) -> Decimal | None:
    """Read the balance in euros; None when the service does not report it or cannot be reached."""
    try:
        async with open_session(config, SystemClock(), jitter, poll_retries=_ONCE_MORE) as session:
            return (await session.polls.profile()).user.balance_eur
    except StoriesError as exc:
        _log.warning("the balance cannot be read, so the run record has none: %s", exc)
        return None


def unexplained_eur(before_eur: Decimal, after_eur: Decimal, money: Money, cost_eur: Decimal) -> Decimal:
    """Return the part of the balance's fall that the run does not explain, in euros; negative when it fell too little.

    The balance falls at least by the cost of the stories that the run sent and completed. It falls at most by the cost
    of all stories that the run saved (`cost_eur`, which includes stories sent by earlier runs) and by the reserved
    amount, because a story at the service may be charged by now.
    """
    gone_eur = before_eur - after_eur
    least_eur, most_eur = money.spent_eur, max(cost_eur, money.spent_eur) + money.reserved_eur
    return gone_eur - min(max(gone_eur, least_eur), most_eur)


def difference_note(before_eur: Decimal, after_eur: Decimal, unexplained_eur: Decimal) -> str:
    """Return the summary's note that the balance changed by more or less than the stories of the run explain."""
    more = "more" if unexplained_eur > 0 else "less"
    return (
        f"the balance went from {before_eur:f} to {after_eur:f} EUR, which is {abs(unexplained_eur):f} EUR {more} than "
        "this run's stories explain: check if another program or run used the account; if not, ask the service"
    )
