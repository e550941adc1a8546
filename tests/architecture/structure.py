"""The structure in numbers: lines and files of each package, and the imports between packages; `make structure`."""

import sys
from collections import Counter
from collections.abc import Iterable

from tests.architecture.import_rules import ROOMS
from tests.architecture.source_tree import PACKAGES, Module, read_source_tree


def package_of(name: str) -> str:
    """Return the room of a module: the longest package of the rules that holds it, else its first two names."""
    rooms = [room for room in ROOMS if name == room or name.startswith(f"{room}.")]
    return max(rooms, key=len, default=".".join(name.split(".")[:2]))


def arrows(modules: Iterable[Module]) -> Counter[tuple[str, str]]:
    """Count the imports of modules of one package by modules of another."""
    modules = tuple(modules)
    names = {module.name for module in modules}
    counted: Counter[tuple[str, str]] = Counter()
    for module in modules:
        targets = {target for found in module.imports if (target := _known(found.target, names)) != module.name}
        for target in filter(None, targets):
            if package_of(target) != package_of(module.name):
                counted[package_of(module.name), package_of(target)] += 1
    return counted


def _known(target: str, names: set[str]) -> str:
    while target and target not in names:
        target = target.rpartition(".")[0]
    return target


def main() -> None:
    """Print the numbers, packages by name."""
    modules = [module for module in read_source_tree() if module.is_within(*PACKAGES)]
    lines: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for module in modules:
        lines[package_of(module.name)] += module.line_count
        files[package_of(module.name)] += bool(module.line_count)
    counted = arrows(modules)
    out = [f"{'package':<24}{'files':>6}{'lines':>8}  imports"]
    for package in sorted(lines):
        used = ", ".join(
            f"{target} {number}" for (source, target), number in sorted(counted.items()) if source == package
        )
        out.append(f"{package:<24}{files[package]:>6}{lines[package]:>8}  {used}")
    out.append(f"{'all':<24}{sum(files.values()):>6}{sum(lines.values()):>8}  {len(counted)} arrows between packages")
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
