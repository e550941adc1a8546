"""The repository's own files: what has to be there, and what may stand in none of them."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_FILE_BYTES = 2 * 1024 * 1024
IGNORED_FOLDERS = {".git", ".venv", "out", "dist", "__pycache__", ".hypothesis"}
TOP_NAMES = ("pyproject.toml", "flows", "tasks", "configs", "tests", "deployments", "README.md", "LICENSE", "AGENTS.md")

# Joined from parts, so that this file keeps the rule itself.
REGISTRY_HOSTS = [
    ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("anaconda", "org"))
]
MACHINE_FOLDERS = ("home", "root", "tmp", "work", "Users")
MACHINE_PATH = re.compile(rf"(?<![\w.~:/)}}\]-])/(?:{'|'.join(MACHINE_FOLDERS)})/[\w.-]")
MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)\)")


@cache
def files() -> tuple[Path, ...]:
    """Every file that is, or would be, committed; in an export without git, every file that no tool has made."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True, text=True,
        ).stdout.split("\0")  # fmt: skip
        paths = [ROOT / name for name in listed if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not IGNORED_FOLDERS.intersection(path.relative_to(ROOT).parts)]
    return tuple(path for path in paths if path.is_file())


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """`path:line: text` for each line of the repository's text files that the pattern is found in."""
    found = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    return found


@pytest.mark.parametrize("name", TOP_NAMES)
def test_the_top_level_has(name: str) -> None:
    assert (ROOT / name).exists()


def test_the_licence_is_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Copyright 2026 The depicta-stories authors" in text


def test_no_file_names_a_package_registry() -> None:
    """Packages come from the index that the reader has configured."""
    assert lines_with(re.compile("|".join(map(re.escape, REGISTRY_HOSTS)))) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert lines_with(MACHINE_PATH) == []


@pytest.mark.parametrize("folder", MACHINE_FOLDERS)
def test_a_path_of_one_machine_is_recognised(folder: str) -> None:
    assert MACHINE_PATH.search(f"see /{folder}/notes.txt")
    assert not MACHINE_PATH.search(f"see docs/{folder}/notes.txt or s3://bucket/{folder}/notes.txt")


def test_no_file_is_large() -> None:
    assert [str(path.relative_to(ROOT)) for path in files() if path.stat().st_size > MAX_FILE_BYTES] == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for document in (path for path in files() if path.suffix == ".md"):
        for link in MARKDOWN_LINK.findall(document.read_text(encoding="utf-8")):
            target = link.partition("#")[0]
            if target and "://" not in target and not target.startswith("mailto:"):
                broken += [f"{document.name}: {link}"] if not (document.parent / target).exists() else []
    assert broken == []


def test_the_examples_are_storyboards() -> None:
    """Their content is validated with the storyboards' own tests; here they have to be there, and be JSON."""
    examples = sorted((ROOT / "examples" / "storyboards").glob("*.json"))
    assert len(examples) >= 8
    for example in examples:
        assert json.loads(example.read_text(encoding="utf-8"))["scenes"], example.name


def test_make_without_a_target_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    answer = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, check=True, text=True)
    listed = re.findall(r"^  make (\S+)", answer.stdout, re.MULTILINE)
    assert sorted(listed) == sorted(phony[1].split())


def test_ci_runs_what_a_person_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    commands = script.read_text(encoding="utf-8")
    assert "make check" in commands
    assert "make test" in commands
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_agents_md_is_short() -> None:
    assert len((ROOT / "AGENTS.md").read_text(encoding="utf-8").splitlines()) <= 120
