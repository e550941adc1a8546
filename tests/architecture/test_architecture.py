"""The architecture rules, as a table, checked for every Python file of the project."""

import pytest

from tests.architecture import conduct_rules, import_rules, prefect_rules, shape_rules
from tests.architecture.source_tree import PACKAGES, Rule, read_source_tree

RULES = (
    Rule("imports go down the floors", import_rules.imports_go_down, within=PACKAGES),
    Rule(
        "prefect stays with the flows",
        import_rules.imports_prefect,
        within=(*PACKAGES, "tests/stories", "tests/studio"),
        apart_from=("flows", "tasks", "deployments", "cli/flow_run.py"),
    ),
    Rule("imports are absolute", import_rules.imports_relatively),
    Rule("a module has at most 300 lines, a test module 400", shape_rules.is_a_long_module),
    Rule("a function has at most 40 lines", shape_rules.has_a_long_function),
    Rule("a module is named for its subject", shape_rules.has_a_vague_name),
    Rule("an __init__ is empty or a short list of exports", shape_rules.init_holds_more_than_exports),
    Rule("what is public has a docstring", shape_rules.lacks_a_docstring, within=PACKAGES),
    Rule(
        "the environment is read in configs alone",
        conduct_rules.reads_the_environment,
        within=PACKAGES,
        apart_from=("configs",),
    ),
    Rule("a library does not print", conduct_rules.prints, PACKAGES, apart_from=("cli", "studio/__main__.py")),
    Rule(
        "time is an argument",
        conduct_rules.reads_a_clock,
        within=("stories", "tasks"),
        apart_from=("stories/clock.py",),
    ),
    Rule("randomness is an argument", conduct_rules.rolls_dice, within=("stories", "tasks")),
    Rule("a task has at most 15 lines, a flow 60", prefect_rules.has_a_fat_body, within=("flows", "tasks")),
    Rule(
        "retries and timeouts are named in tasks.policies",
        prefect_rules.has_a_policy_of_its_own,
        within=("flows", "tasks"),
    ),
    Rule("a poll is not cached", prefect_rules.polls_from_a_cache, within=("flows", "tasks")),
    Rule("tasks are awaited, not submitted in bulk", prefect_rules.runs_tasks_in_bulk, within=("flows", "tasks")),
    Rule("tests do not sleep", conduct_rules.sleeps_long, within=("tests",)),
    Rule("tests use the real parts", conduct_rules.stands_in, within=("tests",)),
)
SOURCE_TREE = read_source_tree()


@pytest.mark.parametrize("rule", RULES, ids=[rule.says.replace(" ", "-") for rule in RULES])
def test_every_file_keeps(rule: Rule) -> None:
    violations = [violation for module in SOURCE_TREE for violation in rule.violations(module)]
    assert not violations, "\n".join([rule.says, *violations])


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert import_rules.import_cycle(SOURCE_TREE) == []


def test_the_tree_that_is_looked_at_is_the_project() -> None:
    paths = {module.path for module in SOURCE_TREE}
    assert {"stories/api/wire.py", "studio/__init__.py", "tests/architecture/test_architecture.py"} <= paths
