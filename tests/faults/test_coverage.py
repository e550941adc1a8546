"""The table of faults names every fault of the plan, and tests that are there."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.faults.coverage import FAULTS

TESTS = Path(__file__).parents[1]


@cache
def collected_from(file: str) -> frozenset[str]:
    """The names of the test functions of a file that pytest collects."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(function.name for function in functions if function.name.startswith("test_"))


def test_every_fault_of_the_plan_is_in_the_table() -> None:
    assert list(FAULTS) == list(range(1, 55))


@pytest.mark.parametrize("number", FAULTS)
def test_a_fault_has_tests_that_exist_or_a_reason(number: int) -> None:
    covered = FAULTS[number]
    assert covered.tests or covered.gap
    assert len(set(covered.tests)) == len(covered.tests)
    for test in covered.tests:
        file, _, name = test.partition("::")
        assert (TESTS / file).is_file(), test
        assert name in collected_from(file), test
