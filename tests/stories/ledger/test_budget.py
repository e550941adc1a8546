from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from stories.ledger.budget import Budget

STORIES = st.sampled_from(["a", "b", "c", "d"])
PRICES = st.decimals(min_value=0, max_value=3, places=2)


def test_a_reservation_that_the_cap_does_not_cover_changes_nothing() -> None:
    budget = Budget(Decimal("1.00"))
    assert budget.reserve("a", Decimal("0.60"))
    assert not budget.reserve("b", Decimal("0.41"))
    assert budget.reserve("c", Decimal("0.40"))
    assert budget.reserved_eur == Decimal("1.00")


def test_ten_cents_ten_times_are_one_euro() -> None:
    budget = Budget(Decimal(1))
    assert all(budget.reserve(str(number), Decimal("0.1")) for number in range(10))
    assert not budget.reserve("one more", Decimal("0.01"))


def test_reserving_a_story_again_replaces_its_reservation() -> None:
    budget = Budget(Decimal(1))
    assert budget.reserve("a", Decimal(1))
    assert budget.reserve("a", Decimal("0.5"))
    assert budget.reserved_eur == Decimal("0.5")


def test_a_doubt_keeps_its_price_reserved_through_release_and_resubmit() -> None:
    budget = Budget(Decimal(1))
    budget.reserve("a", Decimal("0.4"))
    budget.hold("a")
    budget.release("a")
    assert (budget.reserved_eur, budget.doubtful_eur) == (Decimal("0.4"), Decimal("0.4"))
    assert budget.reserve("a", Decimal("0.4"))
    assert not budget.reserve("b", Decimal("0.3"))
    budget.charge("a", Decimal("0.3"))
    assert (budget.spent_eur, budget.reserved_eur) == (Decimal("0.3"), Decimal("0.4"))


def test_a_doubt_that_turned_out_a_job_is_settled() -> None:
    budget = Budget(Decimal(1))
    budget.reserve("a", Decimal("0.4"))
    budget.hold("a")
    budget.charge("a", Decimal("0.4"))
    assert (budget.spent_eur, budget.reserved_eur) == (Decimal("0.4"), Decimal(0))


def test_without_a_cap_everything_is_counted_and_nothing_refused() -> None:
    budget = Budget(None)
    assert budget.reserve("a", Decimal(10**9))
    budget.charge("a", Decimal(10**9))
    assert budget.spent_eur == Decimal(10**9)


@pytest.mark.parametrize("amount", ["-0.01", "NaN", "Infinity"])
def test_what_is_no_amount_of_money_is_refused(amount: str) -> None:
    budget = Budget(Decimal(1))
    with pytest.raises(ValueError, match="not an amount"):
        budget.reserve("a", Decimal(amount))
    with pytest.raises(ValueError, match="not an amount"):
        budget.charge("a", Decimal(amount))
    with pytest.raises(ValueError, match="not an amount"):
        Budget(Decimal(amount))


class BudgetMachine(RuleBasedStateMachine):
    """B1: with costs that keep to their prices, spent and reserved never pass the cap."""

    def __init__(self) -> None:
        super().__init__()
        self.cap = Decimal(5)
        self.budget = Budget(self.cap)
        self.prices: dict[str, Decimal] = {}
        self.doubts: dict[str, Decimal] = {}
        self.spent = Decimal(0)

    @rule(story_id=STORIES, price=PRICES)
    def reserve(self, story_id: str, price: Decimal) -> None:
        others = sum((held for other, held in self.prices.items() if other != story_id), sum(self.doubts.values()))
        fits = self.spent + others + price <= self.cap
        assert self.budget.reserve(story_id, price) is fits
        if fits:
            self.prices[story_id] = price

    @precondition(lambda self: self.prices)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        story_id = data.draw(st.sampled_from(sorted(self.prices)))
        cost = data.draw(st.decimals(min_value=0, max_value=self.prices.pop(story_id), places=2))
        self.budget.charge(story_id, cost)
        self.spent += cost

    @rule(story_id=STORIES)
    def release(self, story_id: str) -> None:
        self.budget.release(story_id)
        self.prices.pop(story_id, None)

    @rule(story_id=STORIES)
    def hold(self, story_id: str) -> None:
        self.budget.hold(story_id)
        self.doubts[story_id] = self.doubts.get(story_id, Decimal(0)) + self.prices.pop(story_id, Decimal(0))

    @invariant()
    def the_cap_holds_and_nothing_is_negative(self) -> None:
        budget = self.budget
        assert budget.spent_eur + budget.reserved_eur <= self.cap
        assert min(budget.spent_eur, budget.reserved_eur, budget.doubtful_eur) >= 0
        assert budget.doubtful_eur == sum(self.doubts.values())
        assert budget.reserved_eur == sum(self.prices.values()) + sum(self.doubts.values())
        assert budget.spent_eur == self.spent


TestBudget = BudgetMachine.TestCase
TestBudget.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
