import ast
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stories.failpoints import Failpoint, arm, failpoint, kill_at

STORIES = Path(__file__).parents[2] / "stories"


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    arm(None)


def places_in_code() -> Counter[str]:
    """How often each member of `Failpoint` is named outside of its own module."""
    modules = [path for path in STORIES.rglob("*.py") if path.name != "failpoints.py"]
    return Counter(
        node.attr
        for path in modules
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Failpoint"
    )


def end_of(act: Callable[[], None]) -> int:
    """How a process of its own ends that does this: its exit code, or minus the signal."""
    child = os.fork()
    if child == 0:
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def reach_one_place_three_times() -> None:
    for _ in range(3):
        failpoint(Failpoint.STORE_CREATED)
        failpoint(Failpoint.STORE_DELETED)


def test_every_registered_place_is_in_the_code_and_every_place_in_the_code_is_registered() -> None:
    assert set(places_in_code()) == set(Failpoint.__members__)


def test_unarmed_a_place_does_nothing() -> None:
    assert end_of(reach_one_place_three_times) == 0


@pytest.mark.parametrize(("hit", "end"), [(1, -signal.SIGKILL), (3, -signal.SIGKILL), (4, 0)])
def test_a_process_dies_at_the_hit_that_it_is_armed_for_and_at_no_other(hit: int, end: int) -> None:
    def act() -> None:
        kill_at(Failpoint.STORE_CREATED, hit)
        reach_one_place_three_times()

    assert end_of(act) == end


def test_what_is_armed_is_told_each_place_that_is_reached() -> None:
    reached: list[Failpoint] = []
    arm(reached.append)
    reach_one_place_three_times()
    assert Counter(reached) == {Failpoint.STORE_CREATED: 3, Failpoint.STORE_DELETED: 3}
