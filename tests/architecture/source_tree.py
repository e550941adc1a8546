"""The Python files of the project as syntax trees, which the rules inspect without importing the project."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("cli", "configs", "deployments", "flows", "illustrator", "stories", "studio", "tasks")
TOP_FOLDERS = (*PACKAGES, "benchmarks", "examples", "tests")


@dataclass(frozen=True)
class Import:
    """The full name of an import: `from a.b import c` imports `a.b.c`."""

    target: str
    line: int


@dataclass(frozen=True)
class Module:
    """A Python file; `path` is relative to the repository's root, with `/` between its parts."""

    path: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, filename=self.path)

    @cached_property
    def name(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        return tuple(_imports(self.nodes))

    @cached_property
    def line_count(self) -> int:
        return len(self.source.splitlines())

    def is_within(self, *places: str) -> bool:
        """Return True if the file is one of the places or lies in one of these folders."""
        return any(self.path == place or self.path.startswith(f"{place}/") for place in places)


Violation = tuple[int, str]
Check = Callable[[Module], Iterator[Violation]]


@dataclass(frozen=True)
class Rule:
    """A rule for every file `within` some places and not `apart_from`; `check` yields line and reason."""

    says: str
    check: Check
    within: tuple[str, ...] = TOP_FOLDERS
    apart_from: tuple[str, ...] = ()

    def violations(self, module: Module) -> list[str]:
        """Return the violations in the module as `path:line: reason`; none if the rule does not apply to it."""
        if not module.is_within(*self.within) or module.is_within(*self.apart_from):
            return []
        return [f"{module.path}:{line}: {reason}" for line, reason in self.check(module)]


def read_source_tree() -> list[Module]:
    """Return all Python files of the project, in path order."""
    paths = sorted(path for folder in TOP_FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return [Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths]


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for a chain of names and attributes, and the empty text for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            inner = dotted(value)
            return f"{inner}.{attribute}" if inner else ""
        case _:
            return ""


def last_name(node: ast.AST) -> str:
    """Return the last name of a chain of names and attributes."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method, nested ones included."""
    return (node for node in module.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _imports(nodes: tuple[ast.AST, ...]) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from (Import(f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
