"""docs/protocol.md describes what the ledger holds: every kind of record, state, and row of the decision table."""

import re
from pathlib import Path

import pytest

from stories.ledger.decisions import DECISIONS, Outcome, Row
from stories.ledger.events import RecordKind
from stories.ledger.states import SubmitState

PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")
WORD_OF_OUTCOME = {
    Outcome.ACCEPTED: "job",
    Outcome.DOUBT: "doubt",
    Outcome.REJECTED: "rejection",
    Outcome.VOID: "void",
}


def section(anchor: str) -> str:
    """The text of the page from this anchor to the next heading but one."""
    return PAGE.partition(f'<a id="{anchor}"></a>')[2].partition("\n### ")[2].partition("\n### ")[0]


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def decision_rows() -> list[tuple[str, str, str]]:
    """What was seen, what is recorded, and the reason, of each row of the page's decision table."""
    rows = [cells(line) for line in section("decision-table").splitlines() if line.startswith("| ")]
    return [(row[0], row[1], row[2].strip("`")) for row in rows if row[2].startswith("`")]


@pytest.mark.parametrize("row", DECISIONS, ids=lambda row: row.verdict.reason)
def test_every_decision_has_a_row_with_its_outcome(row: Row) -> None:
    outcomes = {recorded.partition(",")[0] for _, recorded, reason in decision_rows() if reason == row.verdict.reason}
    assert outcomes == {WORD_OF_OUTCOME[row.verdict.outcome]}


def test_the_page_has_no_decision_that_the_code_does_not_make() -> None:
    assert len(decision_rows()) == len(DECISIONS)
    assert {reason for _, _, reason in decision_rows()} == {row.verdict.reason for row in DECISIONS}


def test_a_status_that_the_page_names_is_decided_as_it_says() -> None:
    for seen, _, reason in decision_rows():
        for status in map(int, re.findall(r"\b[1-5]\d\d\b", seen)):
            reasons = {row.verdict.reason for row in DECISIONS if status in row.statuses}
            assert reason in reasons, (seen, status)


def test_every_kind_of_record_is_described() -> None:
    described = set(re.findall(r"\.([a-z]+)`", section("records")))
    assert described == {kind.value for kind in RecordKind}


def test_every_state_is_described() -> None:
    described = re.findall(r"^\| `([a-z_]+)` \|", section("states"), re.MULTILINE)
    assert sorted(described) == sorted(state.value for state in SubmitState)
