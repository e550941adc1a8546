"""Rules for imports: they go down the floors, only some packages import Prefect, and there are no cycles."""

import ast
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from tests.architecture.source_tree import PACKAGES, Module, Violation

GROUND = (
    "stories.errors",
    "stories.clock",
    "stories.failpoints",
    "stories.text",
    "stories.net",
    "stories.strict_json",
    "stories.config",
    "stories.api.amounts",
    "stories.api.wire",
)
TARGET = "stories.target"
"""An opened dataset: the only module directly in `stories/` that is not on the ground floor."""
LOOSE = (*GROUND, TARGET)
# From the top floor down. A room may import itself and the floors below it, and no other room of its own floor.
FLOORS = (
    ("cli",),
    ("flows",),
    ("tasks",),
    ("stories.batch", "stories.single", "stories.maintenance"),
    ("stories.jobs",),
    (TARGET,),
    ("stories.dataset", "stories.ledger", "stories.storyboards"),
    ("stories.api", "stories.storage"),
    GROUND,
)
# Rooms, or single modules of them, that a room may import in addition.
BESIDE: dict[str, tuple[str, ...]] = {
    "cli": ("configs", "studio", "illustrator"),
    "flows": ("configs",),
    "deployments": ("configs", "flows", "tasks"),
    "configs": GROUND,
    "studio": ("illustrator", "stories.api.wire", "stories.strict_json"),
    "illustrator": (),
    "stories.dataset": ("stories.storyboards.story",),
    "stories.ledger": ("stories.storyboards.story",),
    **dict.fromkeys(GROUND, GROUND),
}
ROOMS = {*(room for floor in FLOORS for room in floor), *BESIDE}
OWN = (*PACKAGES, "tests", "benchmarks", "examples")


def imports_go_down(module: Module) -> Iterator[Violation]:
    room = _room_of(module.name)
    is_loose = module.path.startswith("stories/") and not module.path.endswith("/__init__.py")
    if is_loose and room == module.name and room not in LOOSE:
        yield 1, "lies in no room of stories/: move it into one, or add its folder to FLOORS"
    reachable = {room, *_floors_below(room), *BESIDE.get(room, ())}
    for found in module.imports:
        if (
            found.target.split(".")[0] in OWN
            and _room_of(found.target) not in reachable
            and not any(_is_part_of(found.target, name) for name in BESIDE.get(room, ()))
        ):
            yield found.line, f"{room} may not import {found.target}"


def imports_prefect(module: Module) -> Iterator[Violation]:
    for found in module.imports:
        if found.target.split(".")[0].startswith("prefect"):
            yield found.line, f"imports {found.target}"


def imports_relatively(module: Module) -> Iterator[Violation]:
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and node.level > 0:
            yield node.lineno, "relative import"


def import_cycle(modules: Sequence[Module]) -> list[str]:
    """Return the modules of one import cycle, lazy imports included; the list is empty if there is none."""
    names = {module.name for module in modules}
    graph = {
        module.name: {_known(found.target, names) for found in module.imports} - {module.name, ""} for module in modules
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as exc:
        return list(exc.args[1])
    return []


def _room_of(name: str) -> str:
    return max((room for room in ROOMS if _is_part_of(name, room)), key=len, default=name)


def _floors_below(room: str) -> tuple[str, ...]:
    level = next((level for level, floor in enumerate(FLOORS) if room in floor), len(FLOORS))
    return tuple(name for floor in FLOORS[level + 1 :] for name in floor)


def _is_part_of(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _known(target: str, names: set[str]) -> str:
    while target and target not in names:
        target = target.rpartition(".")[0]
    return target
