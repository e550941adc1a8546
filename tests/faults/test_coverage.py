"""The table of faults names every fault of the plan, and tests that exist."""

import ast
from collections import Counter
from pathlib import Path

from tests.faults.coverage import FAULTS

TESTS = Path(__file__).parents[1]


def names_of_tests() -> Counter[str]:
    """Return how many test functions of each name pytest collects."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in TESTS.rglob("test_*.py"))
    functions = (it for tree in trees for it in tree.body if isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef))
    return Counter(function.name for function in functions)


def test_every_fault_of_the_plan_is_in_the_table() -> None:
    assert list(FAULTS) == list(range(1, 55))


def test_a_fault_has_tests_that_exist_or_a_reason() -> None:
    defined = names_of_tests()
    for number, covered in FAULTS.items():
        assert covered.tests or covered.gap, number
        assert len(set(covered.tests)) == len(covered.tests), number
        assert {name: defined[name] for name in covered.tests} == dict.fromkeys(covered.tests, 1), number
