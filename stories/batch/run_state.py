"""The state of a run that all of its shards share."""

from decimal import Decimal

from stories.batch.circuit_breaker import CircuitBreaker
from stories.batch.rate_limits import InFlightLimit, TokenBucket
from stories.clock import Clock
from stories.config import MoneyConfig, RunConfig
from stories.dataset.run_record import Money
from stories.jobs.poller import LearnedDuration
from stories.ledger.budget import Budget


class RunState:
    """Slots, budget, circuit breaker, submit rate and learned duration of one run.

    `bound_before_eur` is the sum that the target has cost and may still cost before the run, under the target's cap.
    """

    def __init__(self, config: RunConfig, clock: Clock, *, bound_before_eur: Decimal = Decimal(0)) -> None:
        self.slots = InFlightLimit(config.pace.in_flight, clock)
        self.budget = Budget(_cap_eur(config.money, bound_before_eur))
        self.breaker = CircuitBreaker()
        self.submit_rate = TokenBucket(config.pace.submits_per_second, clock)
        self.duration = LearnedDuration()

    def money(self) -> Money:
        """Return the euros that the stories of the run have cost and may still cost."""
        budget = self.budget
        return Money(spent_eur=budget.spent_eur, reserved_eur=budget.reserved_eur, doubtful_eur=budget.doubtful_eur)


def _cap_eur(money: MoneyConfig, bound_before_eur: Decimal) -> Decimal | None:
    """Return the cap of this run in euros: its own cap or the rest of the target's, whichever is less; None without."""
    caps_eur = [] if money.cap_eur is None else [money.cap_eur]
    if money.max_cost_eur_total is not None:
        caps_eur.append(money.max_cost_eur_total - bound_before_eur)
    return max(Decimal(0), min(caps_eur)) if caps_eur else None
