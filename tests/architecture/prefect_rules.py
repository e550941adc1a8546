"""Rules for the use of Prefect: thin tasks, short flows, and every retry with its reason in one module."""

import ast
from collections.abc import Iterator

from tests.architecture.source_tree import Module, Violation, dotted, functions, last_name

TASK_BODY_LINES = 15
FLOW_BODY_LINES = 60
POLICY_KEYWORDS = {"retries", "retry_delay_seconds", "retry_jitter_factor", "timeout_seconds"}
BULK_CALLS = {"submit", "map", "delay"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_decorated(function: Function, decorator: str) -> bool:
    """Return True if the function has Prefect's decorator `task` or `flow`, with or without arguments."""
    return any(last_name(_called(above)) == decorator for above in function.decorator_list)


def has_a_fat_body(module: Module) -> Iterator[Violation]:
    """Yield every task or flow whose body is too long; the docstring does not count."""
    for decorator, limit in (("task", TASK_BODY_LINES), ("flow", FLOW_BODY_LINES)):
        for function in functions(module):
            lines = _body_lines(function)
            if is_decorated(function, decorator) and lines > limit:
                yield function.lineno, f"the body of {decorator} {function.name} has {lines} lines, {limit} are allowed"


def has_a_policy_of_its_own(module: Module) -> Iterator[Violation]:
    """Yield every retry and timeout in a decorator or in `with_options` that is not a name of `tasks.policies`."""
    policies = {
        found.target.rpartition(".")[2] for found in module.imports if found.target.startswith("tasks.policies")
    }
    for call in _task_options(module):
        for keyword in call.keywords:
            if keyword.arg in POLICY_KEYWORDS and dotted(keyword.value).split(".")[0] not in policies:
                yield (
                    keyword.value.lineno,
                    f"{keyword.arg}={ast.unparse(keyword.value)} is not a name of tasks.policies",
                )


def polls_from_a_cache(module: Module) -> Iterator[Violation]:
    """Yield every poll task that may be cached, as a cached poll always returns its first answer.

    `NO_CACHE` and `UNCACHED` of the policies are allowed, and `UNCACHED` must be `NO_CACHE`.
    """
    for function in functions(module):
        if is_decorated(function, "task") and function.name.lstrip("_").startswith("poll"):
            options = [keyword for above in function.decorator_list for keyword in getattr(above, "keywords", [])]
            given = [last_name(option.value) for option in options if option.arg == "cache_policy"]
            if given not in (["NO_CACHE"], ["UNCACHED"]):
                yield function.lineno, f"task {function.name} needs cache_policy=NO_CACHE"
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and dotted(node.targets[0]) == "UNCACHED" and dotted(node.value) != "NO_CACHE":
            yield node.lineno, "UNCACHED is not NO_CACHE"


def runs_tasks_in_bulk(module: Module) -> Iterator[Violation]:
    """Yield every `.submit()` and `.map()` of a task, which cost 15 to 20 times as much as an awaited call."""
    tasks = {found.target.rpartition(".")[2] for found in module.imports if found.target.startswith("tasks.")}
    tasks |= {function.name for function in functions(module) if is_decorated(function, "task")}
    for node in module.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in BULK_CALLS:
            receiver = dotted(_without_options(node.func.value))
            if receiver.split(".")[0] in tasks:
                yield node.lineno, f"{receiver}.{node.func.attr}(): await the task inside a bounded gather"


def _called(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _body_lines(function: Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or body[-1].lineno) - body[0].lineno + 1 if body else 0


def _task_options(module: Module) -> Iterator[ast.Call]:
    for node in module.nodes:
        if isinstance(node, ast.Call) and last_name(node.func) in {"task", "flow", "with_options"}:
            yield node


def _without_options(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "with_options":
        return node.func.value
    return node
