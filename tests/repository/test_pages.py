"""The pages for developers name every package, and every file that a page names is there."""

import re
from pathlib import Path

import pytest

from tests.architecture.import_rules import FLOORS

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "AGENTS.md", *sorted((ROOT / "docs").rglob("*.md")))
PICTURE = ROOT / "docs" / "pictures" / "architecture.svg"
TOP_PACKAGES = ("cli", "configs", "flows", "illustrator", "studio", "tasks")
NAMED_PATH = re.compile(r"`((?:cli|configs|flows|illustrator|stories|studio|tasks|tests|benchmarks)/[\w/.-]+)`")


def packages_of_stories() -> list[str]:
    """`stories/batch`, `stories/dataset` and so on."""
    return sorted(path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "stories").glob("*/__init__.py"))


def loose_modules() -> list[str]:
    """`errors` and the other modules directly in `stories/`."""
    return sorted(path.stem for path in (ROOT / "stories").glob("*.py") if path.stem != "__init__")


def tree_of_agents_md() -> str:
    """The code block of AGENTS.md that names what lies where."""
    return (ROOT / "AGENTS.md").read_text(encoding="utf-8").split("```")[1]


@pytest.mark.parametrize("package", [*TOP_PACKAGES, *packages_of_stories()])
def test_a_package_is_on_the_pages_and_in_the_picture(package: str) -> None:
    assert re.search(rf"^ *{package.rpartition('/')[2]}/ ", tree_of_agents_md(), re.MULTILINE)
    assert f"`{package}`" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert f">{package.replace('/', '.')}<" in PICTURE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "package", sorted(it.parent.name for it in (ROOT / "stories" / "dataset").glob("*/__init__.py"))
)
def test_a_part_of_the_dataset_is_in_the_tree(package: str) -> None:
    assert f"{package}/" in tree_of_agents_md()
    assert f"`{package}`" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("module", loose_modules())
def test_a_loose_module_has_its_reason(module: str) -> None:
    assert f"{module}.py" in tree_of_agents_md()
    assert f"`{module}`" in (ROOT / "docs" / "decisions" / "loose-modules.md").read_text(encoding="utf-8")
    assert module in PICTURE.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["AGENTS.md", "docs/architecture.md"])
def test_the_floors_on_a_page_are_those_that_are_held(page: str) -> None:
    *floors, _ground = FLOORS
    ends = [[package.removeprefix("stories.") for package in floor] for floor in floors]
    parts = [f"{{{', '.join(end)}}}" if len(end) > 1 else end[0] for end in ends]
    is_of_stories = [floor[0].startswith("stories.") for floor in floors]
    arrows = " → ".join(f"stories.{part}" if below else part for part, below in zip(parts, is_of_stories, strict=True))
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    assert arrows in text


def test_every_file_that_a_page_names_is_there() -> None:
    missing = [
        f"{page.relative_to(ROOT)}: {path}"
        for page in PAGES
        for path in NAMED_PATH.findall(page.read_text(encoding="utf-8"))
        if not (ROOT / path.rstrip("/.")).exists()
    ]
    assert missing == []


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs" / "decisions").glob("*.md")} - {"README.md"}
    assert pages == set(re.findall(r"\]\(([\w-]+\.md)\)", index))


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages <= set(re.findall(r"\]\(([\w-]+\.md)[)#]", index))
