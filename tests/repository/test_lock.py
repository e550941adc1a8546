"""What is installed is pinned by version and hash, from wherever the reader's own package index is."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Pin:
    """One locked package."""

    requirement: Requirement
    hashes: int

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        return str(self.requirement.specifier).removeprefix("==")


def pins(lock: str) -> list[Pin]:
    """The packages of a lock file."""
    logical_lines = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    split = [line.partition("--hash=") for line in logical_lines if line.strip()]
    return [Pin(Requirement(text), f"{mark}{rest}".count("--hash=sha256:")) for text, mark, rest in split]


def direct_requirements(lock: str) -> Iterator[Requirement]:
    """Yield the requirements of pyproject.toml that the lock has to hold; `make demo` needs the extra `studio`."""
    groups, extras = PYPROJECT["dependency-groups"], PYPROJECT["project"]["optional-dependencies"]
    asked = [*PYPROJECT["project"]["dependencies"], *groups["build"], *PYPROJECT["build-system"]["requires"]]
    if lock == "requirements-dev.txt":
        asked += [*groups["dev"], *(requirement for extra in extras.values() for requirement in extra)]
    else:
        asked += extras["studio"]
    return map(Requirement, asked)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not [word for word in ("://", "--index-url", "--extra-index-url", "--find-links", " @ ") if word in text]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_one_version_and_a_hash(lock: str) -> None:
    locked = pins(lock)
    assert len(locked) > 50
    assert [str(pin.requirement) for pin in locked if not pin.hashes] == []
    assert [str(pin.requirement) for pin in locked if [s.operator for s in pin.requirement.specifier] != ["=="]] == []


def test_development_installs_the_runtime_versions() -> None:
    """Or `make test` would test other packages than `make demo` runs with."""
    runtime = {(pin.name, pin.version) for pin in pins("requirements.txt")}
    assert runtime - {(pin.name, pin.version) for pin in pins("requirements-dev.txt")} == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_pyproject(lock: str) -> None:
    """Otherwise `make lock` was forgotten after a change of pyproject.toml."""
    locked: dict[str, list[str]] = {}
    for pin in pins(lock):
        locked.setdefault(pin.name, []).append(pin.version)
    for asked in direct_requirements(lock):
        versions = locked.get(canonicalize_name(asked.name), [])
        assert versions, f"{asked} is not in {lock}"
        assert all(asked.specifier.contains(version) for version in versions), f"{lock} has {versions} for {asked}"
