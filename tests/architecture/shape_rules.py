"""Rules for the size of files and functions, for the names of modules, and for docstrings."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.architecture.prefect_rules import is_decorated
from tests.architecture.source_tree import Module, Violation, functions

MODULE_LINES = 300
TEST_MODULE_LINES = 400
FUNCTION_LINES = 40
INIT_LINES = 10
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc", "shared"}


def is_a_long_module(module: Module) -> Iterator[Violation]:
    limit = TEST_MODULE_LINES if module.is_within("tests") else MODULE_LINES
    if module.line_count > limit:
        yield limit + 1, f"{module.line_count} lines, {limit} are allowed"


def has_a_long_function(module: Module) -> Iterator[Violation]:
    """Yield every function that is too long: docstrings count, decorators do not. Flows have their own limit."""
    for function in functions(module):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES and not is_decorated(function, "flow"):
            yield function.lineno, f"{function.name} has {lines} lines, {FUNCTION_LINES} are allowed"


def has_a_vague_name(module: Module) -> Iterator[Violation]:
    vague = VAGUE_NAMES.intersection(PurePosixPath(module.path).with_suffix("").parts)
    if vague:
        yield 1, f"{', '.join(sorted(vague))} says nothing: name the subject"


def init_holds_more_than_exports(module: Module) -> Iterator[Violation]:
    if not module.path.endswith("__init__.py"):
        return
    if module.line_count > INIT_LINES:
        yield INIT_LINES + 1, f"{module.line_count} lines, {INIT_LINES} are allowed"
    for node in module.tree.body:
        if not (isinstance(node, ast.Import | ast.ImportFrom) or _is_docstring(node) or _is_export_list(node)):
            yield node.lineno, "is neither an import, nor __all__, nor the docstring"


def lacks_a_docstring(module: Module) -> Iterator[Violation]:
    """Yield modules, public classes and public functions without a docstring; methods need none."""
    if not module.tree.body or PurePosixPath(module.path).stem.strip("_") == "init":
        return
    if ast.get_docstring(module.tree) is None:
        yield 1, "the module has no docstring"
    for node in module.tree.body:
        if (
            isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and not node.name.startswith("_")
            and ast.get_docstring(node) is None
        ):
            yield node.lineno, f"{node.name} has no docstring"


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_export_list(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["__all__"]
