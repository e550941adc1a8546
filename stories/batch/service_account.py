"""The account at the service before a run: what there is to spend and what images cost."""

import random
from dataclasses import dataclass
from decimal import Decimal

from stories.api.access import ApiAccess
from stories.api.poll import PollClient
from stories.api.retries import Retries, RetryPolicy
from stories.clock import SystemClock
from stories.config import Terms
from stories.errors import ConfigurationError
from stories.ledger.prices import PriceList

_ASKED_BRIEFLY = RetryPolicy(attempts=3, first_delay_seconds=0.5, longest_delay_seconds=2.0, total_seconds=30.0)
"""Nothing has begun yet: a wrong address is better told at once than waited for."""


@dataclass(frozen=True)
class AccountSnapshot:
    """As the service showed it; None where it did not say."""

    available_eur: Decimal | None
    balance_eur: Decimal | None
    prices: PriceList


async def read_account(terms: Terms, jitter: random.Random) -> AccountSnapshot:
    """Ask the service for balance and models. Proves that it can be reached and that the key is good.

    Raises what the poll client raises, and `ConfigurationError` when there is a cap but no price to hold against it.
    """
    access = ApiAccess(terms.api_url, terms.api_key)
    async with PollClient(
        access, Retries(SystemClock(), jitter, _ASKED_BRIEFLY), timeouts=terms.poll_timeouts
    ) as polls:
        profile = await polls.profile()
        prices = PriceList.of(await polls.models(), terms.price_per_image_eur)
    has_cap = terms.max_cost_eur is not None or terms.max_cost_eur_total is not None
    if has_cap and prices.dearest_eur is None:
        raise ConfigurationError(
            "the service names no price, so the cost cap cannot be kept: set money.price_per_image_eur "
            "(DEPICTA_MONEY_PRICE_PER_IMAGE_EUR)"
        )
    return AccountSnapshot(profile.available_eur, profile.user.balance_eur, prices)
