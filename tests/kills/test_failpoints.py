"""kill -9 at the durable steps: a spread of what `make failpoints` does at every one of them, hit by hit."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from stories.failpoints import Failpoint
from tests.kills.failpoint_sweep import SCENARIOS, Scenario, Sweep, opened

SCENARIO = {scenario.name: scenario for scenario in SCENARIOS}
AFTER_A_LOST_REPLY = (
    Failpoint.RECOVERY_SETTLED,
    Failpoint.SPOOL_BEFORE_FOLD,
    Failpoint.SPOOL_FOLDED,
    Failpoint.RECONCILE_LISTED,
    Failpoint.RECONCILE_BEFORE_ADOPTION,
    Failpoint.LEDGER_OWNED,
    Failpoint.RECONCILE_ADOPTED,
)
AT_THE_FIRST_HIT: dict[str, tuple[Failpoint, ...]] = {
    "after a lost reply": AFTER_A_LOST_REPLY,
    "after a kill with the job in the spool": (Failpoint.RECOVERY_REPLAYED, Failpoint.LEDGER_OWNED),
    "after a kill before the first byte": (Failpoint.RECONCILE_JUDGED, Failpoint.STORE_CREATED),
    "after a kill with the commit recorded": (Failpoint.COMMIT_PART_SHOWN,),
    "refused": (Failpoint.SUBMIT_ANSWERED, Failpoint.SUBMIT_CONCLUDED),
    "job fails": (Failpoint.SUBMIT_STATUS_SEEN, Failpoint.POLL_FAILURE_SEEN),
    "twins": (Failpoint.SUBMIT_SENT, Failpoint.SUBMIT_SPOOLED, Failpoint.LEDGER_OWNED, Failpoint.COMMIT_STAGED),
}
OF_A_PLAIN_RUN = [place for place in Failpoint if place not in {*AFTER_A_LOST_REPLY, Failpoint.RECOVERY_REPLAYED}]
HELD = {Failpoint.SUBMIT_LINE_WRITTEN, Failpoint.SUBMIT_FIRST_BYTE, Failpoint.SUBMIT_HEAD_SENT}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    with ExitStack() as stack:
        yield opened(stack, tmp_path_factory.mktemp("kills"))


def swept(sweep: Sweep, *kills: tuple[Scenario, Failpoint, int]) -> dict[Failpoint, str]:
    """Make each kill, and what became of the stories by the places that fired; fails on any violation."""
    with ThreadPoolExecutor(3) as threads:
        cycles = list(threads.map(lambda kill: sweep.cycle(*kill), kills))
    wrong = [f"{it.scenario.name}, {it.place}: {violation}" for it in cycles for violation in it.violations]
    assert not wrong, "\n".join(wrong)
    return {cycle.place: cycle.outcome for cycle in cycles if cycle.fired}


@pytest.mark.timeout(300)
def test_after_a_kill_at_any_step_the_next_run_completes_the_story_or_holds_it_exactly_where_it_must(
    sweep: Sweep,
) -> None:
    outcomes = swept(sweep, *((SCENARIO["plain"], place, 1) for place in OF_A_PLAIN_RUN))
    assert {place for place, outcome in outcomes.items() if outcome == "held"} == HELD
    assert len(outcomes) >= 32


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", AT_THE_FIRST_HIT)
def test_a_run_that_takes_up_what_another_left_may_be_killed_as_well(sweep: Sweep, name: str) -> None:
    places = AT_THE_FIRST_HIT[name]
    assert set(swept(sweep, *((SCENARIO[name], place, 1) for place in places))) == set(places)


def test_a_write_is_killed_at_whichever_hit(sweep: Sweep) -> None:
    """The store's places are reached once for each object: the intent, the owner, the job, the parts, the commit."""
    kills = [(SCENARIO["plain"], Failpoint.FILE_UNSYNCED, hit) for hit in (4, 5, 6, 9, 12, 16)]
    assert swept(sweep, *kills) == {Failpoint.FILE_UNSYNCED: "committed"}
