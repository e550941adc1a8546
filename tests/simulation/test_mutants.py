"""The checker can see: each wrong protocol is caught, by the harm that it does."""

import pytest

from tests.simulation.mutants import MUTANTS, Mutant, with_sticky_doubt
from tests.simulation.simulation import simulate_rough

pytestmark = pytest.mark.timeout(600)  # seconds of work, on a machine that may be busy
MOST_SEEDS = 100
HARM = {
    "no nonce check on 412": {"L1"},
    "POST again on an ambiguous error": {"S1"},
    "an expired lease lets another send": {"S1"},
    "absent from the listing: send again": {"S1"},
    "non-atomic create / no intent before the send": {"S1"},
    "a resent key's 429 voids the intent": {"S1"},
    "no registry of who owns a job": {"S4"},
    "the line `sending` after the first byte": {"S1"},
}
"""What a mutant has to be seen to do, not only what rule it breaks."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name.replace(" ", "-") for mutant in MUTANTS])
def test_the_checker_catches(mutant: Mutant) -> None:
    for mutate in mutant.mutations:
        seen: set[str] = set()
        for seed in range(MOST_SEEDS):
            seen |= {it.invariant for it in simulate_rough(seed, mutate, trusts_keys=mutant.trusts_keys).violations}
            if HARM[mutant.name] <= seen:
                break
        assert HARM[mutant.name] <= seen, seen


def test_a_key_that_is_resent_does_no_harm_as_long_as_doubt_is_sticky() -> None:
    """The sixth mutant is caught for the one thing that it does wrong."""
    outcomes = [simulate_rough(seed, with_sticky_doubt, trusts_keys=True) for seed in range(40)]
    assert [outcome.violations for outcome in outcomes] == [()] * 40
    assert sum(outcome.sightings["fault:key_replayed"] for outcome in outcomes) > 10
