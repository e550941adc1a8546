"""Rules for the use of the environment, the terminal, clocks, randomness, sleep, and mocks in tests."""

import ast
from collections.abc import Iterator
from itertools import chain

from tests.architecture.source_tree import Module, Violation, dotted, last_name

ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
TIME_FUNCTIONS = {"time", "monotonic", "perf_counter", "process_time", "sleep"}
WALL_CLOCK = {"now", "utcnow", "today"}
LONGEST_SLEEP_SECONDS = 0.01
LONGEST_POLL_SECONDS = 0.1


def reads_the_environment(module: Module) -> Iterator[Violation]:
    for line, name in _uses(module, "os"):
        if name in ENVIRONMENT:
            yield line, f"os.{name}"


def prints(module: Module) -> Iterator[Violation]:
    for node in module.nodes:
        if isinstance(node, ast.Call) and dotted(node.func) == "print":
            yield node.lineno, "print()"


def reads_a_clock(module: Module) -> Iterator[Violation]:
    """Yield every use of a clock or a sleep, default arguments included; the caller passes a `Clock`."""
    for line, name in _uses(module, "time"):
        if name.removesuffix("_ns") in TIME_FUNCTIONS:
            yield line, f"time.{name}: take a Clock"
    for node in module.nodes:
        if (
            isinstance(node, ast.Attribute)
            and node.attr in WALL_CLOCK
            and last_name(node.value) in {"datetime", "date"}
        ):
            yield node.lineno, f"{dotted(node)}: take a Clock"
        elif isinstance(node, ast.Call) and _is_a_sleep(node) and _seconds(node, module) != 0:
            yield node.lineno, f"{dotted(node.func)}: take a Clock"


def rolls_dice(module: Module) -> Iterator[Violation]:
    """Yield every use of the shared generator, and every `Random()` without a seed; `random.Random` is allowed."""
    for line, name in _uses(module, "random"):
        if name != "Random":
            yield line, f"random.{name}: take a random.Random"
    for node in module.nodes:
        if isinstance(node, ast.Call) and last_name(node.func) == "Random" and not node.args and not node.keywords:
            yield node.lineno, "Random() seeds itself: take a random.Random"


def sleeps_long(module: Module) -> Iterator[Violation]:
    """Yield every sleep of more than 10 ms, or of more than 100 ms in a loop that ends and polls a real process.

    A loop ends if it is a `for`, or a `while` with a condition. A double that never answers waits for an event instead.
    """
    polling = {
        id(inner)
        for loop in module.nodes
        if isinstance(loop, ast.For | ast.AsyncFor | ast.While) and _ends(loop)
        for inner in chain.from_iterable(ast.walk(statement) for statement in loop.body)
    }
    for node in module.nodes:
        if isinstance(node, ast.Call) and _is_a_sleep(node):
            limit = LONGEST_POLL_SECONDS if id(node) in polling else LONGEST_SLEEP_SECONDS
            seconds = _seconds(node, module)
            if seconds is not None and seconds > limit:
                yield node.lineno, f"sleeps {seconds} s, {limit} are allowed here"


def stands_in(module: Module) -> Iterator[Violation]:
    for found in module.imports:
        if found.target.split(".")[0] in {"mock", "pytest_mock"} or found.target.startswith("unittest.mock"):
            yield found.line, f"imports {found.target}: use the real part, or the studio"
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and node.attr == "setattr":
            yield node.lineno, f"{dotted(node)}: pass the part as an argument"


def _uses(module: Module, library: str) -> Iterator[tuple[int, str]]:
    """Yield each name of a library that is imported from it or used as its attribute."""
    for found in module.imports:
        owner, _, name = found.target.rpartition(".")
        if owner == library:
            yield found.line, name
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and dotted(node.value) == library:
            yield node.lineno, node.attr


def _is_a_sleep(call: ast.Call) -> bool:
    return dotted(call.func) in {"sleep", "time.sleep", "asyncio.sleep", "anyio.sleep"} and bool(call.args)


def _seconds(call: ast.Call, module: Module) -> float | None:
    """Return the seconds of a sleep from a literal or a constant of the module; None if they are an argument."""
    argument = call.args[0]
    if isinstance(argument, ast.Name):
        for node in module.tree.body:
            if isinstance(node, ast.Assign) and argument.id in map(last_name, node.targets):
                argument = node.value
    if isinstance(argument, ast.Constant) and isinstance(argument.value, int | float):
        return float(argument.value)
    return None


def _ends(loop: ast.For | ast.AsyncFor | ast.While) -> bool:
    return not (isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant))
