"""Every number that code, tests and pages cite is an anchor of docs/protocol.md, and every cited anchor is there."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.faults.coverage import FAULTS
from tests.repository.citations import Citation, anchors_of, citations, cited_page_anchors, cited_sections

ROOT = Path(__file__).resolve().parents[2]
PROTOCOL = ROOT / "docs" / "protocol.md"
FOLDERS = ("benchmarks", "cli", "configs", "docs", "flows", "stories", "studio", "tasks", "tests")
WITH_NUMBERS_OF_THEIR_OWN = ("tests/illustrator/", "tests/repository/")
"""The illustrator cites no protocol, and the finder's own examples cite what is not there."""


@cache
def texts() -> dict[str, str]:
    """Every Python file and page by its path, apart from the protocol itself."""
    paths = [path for folder in FOLDERS for suffix in ("*.py", "*.md") for path in (ROOT / folder).rglob(suffix)]
    paths += [ROOT / "README.md", ROOT / "AGENTS.md", ROOT / "Makefile"]
    named = {path.relative_to(ROOT).as_posix(): path for path in paths if path != PROTOCOL}
    return {
        name: path.read_text(encoding="utf-8")
        for name, path in sorted(named.items())
        if not name.startswith(WITH_NUMBERS_OF_THEIR_OWN)
    }


@cache
def protocol_anchors() -> frozenset[str]:
    return anchors_of(PROTOCOL.read_text(encoding="utf-8"))


def unresolved(text: str) -> list[Citation]:
    return [citation for citation in citations(text) if citation.anchor not in protocol_anchors()]


def test_every_citation_leads_to_the_protocol() -> None:
    found = {name: unresolved(text) for name, text in texts().items()}
    assert [f"{name}:{it.line}: {it.text}: no {it.anchor}" for name, them in found.items() for it in them] == []


def test_the_protocol_cites_only_what_it_defines() -> None:
    assert unresolved(PROTOCOL.read_text(encoding="utf-8")) == []


def test_nothing_cites_a_section_by_its_number() -> None:
    found = {name: cited_sections(text) for name, text in texts().items()}
    assert {name: them for name, them in found.items() if them} == {}


def test_every_anchor_of_a_page_that_is_cited_is_there() -> None:
    missing = [
        f"{name}: {page}#{anchor}"
        for name, text in texts().items()
        for page, anchor in cited_page_anchors(text)
        if not (ROOT / page).is_file() or anchor not in anchors_of((ROOT / page).read_text(encoding="utf-8"))
    ]
    assert missing == []


def test_every_anchor_of_a_link_between_pages_is_there() -> None:
    missing = [
        f"{page.relative_to(ROOT)}: {path}#{anchor}"
        for page in (ROOT / "README.md", ROOT / "AGENTS.md", *(ROOT / "docs").rglob("*.md"))
        for path, anchor in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", page.read_text(encoding="utf-8"))
        if anchor not in anchors_of(((page.parent / path) if path else page).read_text(encoding="utf-8"))
    ]
    assert missing == []


def test_the_citations_of_the_code_are_found() -> None:
    """Rules and crash points are cited where they are kept; an empty answer would mean that the finder looks past."""
    anchors = {name: {citation.anchor for citation in citations(text)} for name, text in texts().items()}
    assert {"rule-1", "rule-2", "rule-4", "rule-7"} <= anchors["stories/ledger/send.py"]
    assert {f"c{number}" for number in range(1, 18)} | {"c3b"} <= anchors["stories/failpoints.py"] | {"c15"}
    assert {f"s{number}" for number in range(1, 7)} <= anchors["tests/doubles/books.py"]


def test_the_table_of_faults_is_that_of_the_plan() -> None:
    rows = re.findall(
        r'^\| <a id="fault-(\d+)"></a>\d+ \| (.+) \|$', PROTOCOL.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {int(number): fault for number, fault in rows} == {number: it.fault for number, it in FAULTS.items()}


@pytest.mark.parametrize(
    ("text", "anchors"),
    [
        ("Rule 3: doubt is sticky", ["rule-3"]),
        ("the only place that knows Rules 2 and 3", ["rule-2", "rule-3"]),
        ("Rules 1 to 3", ["rule-1", "rule-2", "rule-3"]),
        ("(facts F3 and F8)", ["fact-f3", "fact-f8"]),
        ("measured, fact F10", ["fact-f10"]),
        ("(C2, C15)", ["c2", "c15"]),
        ('"""C3b: the line is durable."""', ["c3b"]),
        ('"""M1, M2: every image is there."""', ["m1", "m2"]),
        ("faults 29, 30, 34, 39 and 43", ["fault-29", "fault-30", "fault-34", "fault-39", "fault-43"]),
        ("faults 22 to 24", ["fault-22", "fault-23", "fault-24"]),
        ("(bad input 32)", ["bad-input-32"]),
    ],
)
def test_a_citation_is_read_as_its_anchors(text: str, anchors: list[str]) -> None:
    assert [citation.anchor for citation in citations(text)] == anchors
    assert unresolved(text) == []


@pytest.mark.parametrize(
    "text", ["Rule 99", "Rules 7 and 99", "fact F12", "C18", "C4b", "S7", "M6", "fault 55", "bad input 93"]
)
def test_a_number_that_the_protocol_does_not_have_is_caught(text: str) -> None:
    assert unresolved(f"as {text} says")


@pytest.mark.parametrize("text", ["has_c2pa", "C2PA", "SHA-256", "the rule of the 80s", "1 fault", "F-keys", "CO2"])
def test_what_is_no_citation_is_let_be(text: str) -> None:
    assert list(citations(text)) == []


@pytest.mark.parametrize(
    "text", ["submit protocol, section 2.3", "submit protocol 2.2", "Section 2.2 of the submit protocol"]
)
def test_a_section_that_is_cited_by_its_number_is_caught(text: str) -> None:
    assert cited_sections(text)


def test_an_anchor_is_that_of_an_element_or_of_a_heading() -> None:
    assert anchors_of('<a id="rule-3"></a>\n## Decision table: the outcome\n') == {
        "rule-3",
        "decision-table-the-outcome",
    }
