"""The noun of every public class in `stories/` is a word of docs/glossary.md, or a standard word of the field."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TERM = re.compile(r"\*\*([^*]+)\*\*")
HUMP = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z][a-z0-9]*")

_STANDARD = """
access action answer body bucket client clock code collection config content context count check duration end
entry event fact file flag folder format host identity image index inspection kind limit list location log model
name object order page picture policy problem profile progress queue reason report result retry role section
selection snapshot split stage stamp state status stop store summary table text timeout user view
"""
STANDARD_WORDS = frozenset(_STANDARD.split())
"""Words that a programmer knows without this project; what they mean here is said by the word before them."""
PARTICIPLES = frozenset({"assigned", "compacted", "damaged", "failed"})
"""Results and records that are named for what happened, as exceptions are."""


def terms() -> frozenset[str]:
    """The words of the glossary, in the singular."""
    lines = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    found = (term for line in lines if line.startswith("- ") for term in TERM.findall(line))
    return frozenset(singular(term.lower()) for term in found)


def singular(term: str) -> str:
    """`QA flags` and `stories` as one; what ends in `ss` is one already."""
    if term.endswith("ies"):
        return f"{term[:-3]}y"
    return term[:-1] if term.endswith("s") and not term.endswith(("ss", "us")) else term


def public_classes(source: str) -> Iterator[str]:
    """The public classes of a module that are no exceptions: those are named for the condition that they report."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            bases = {ast.unparse(base) for base in node.bases}
            if not any(re.search(r"(Error|Refusal|Refused|Exception|Answer)$", base) for base in bases):
                yield node.name


def unknown_noun(name: str, known: frozenset[str]) -> str | None:
    """The noun of a class name that no word stands for: its last hump, unless a longer end of the name is a term."""
    humps = [hump.lower() for hump in HUMP.findall(name)]
    ends = {singular(" ".join(humps[start:])) for start in range(len(humps))}
    return None if ends & known else humps[-1]


def test_every_class_is_called_by_a_word_of_the_glossary() -> None:
    known = terms() | STANDARD_WORDS | PARTICIPLES
    unknown = [
        f"{path.relative_to(ROOT)}: {name}: {noun}"
        for path in sorted((ROOT / "stories").rglob("*.py"))
        for name in public_classes(path.read_text(encoding="utf-8"))
        if (noun := unknown_noun(name, known)) is not None
    ]
    assert unknown == [], "define the word in docs/glossary.md, or use the field's word"


@pytest.mark.parametrize(
    "name",
    [
        "Staff", "Workplace", "SavingDesk", "Judge", "Presence", "SubmitGate", "Carry", "Patience", "JobWatch",
        "SecondLooks", "Wanted", "Tally", "Receipt", "Terms", "StoryVoice", "Outlook", "Standing", "Mark",
    ],
)  # fmt: skip
def test_a_word_that_nobody_has_defined_is_caught(name: str) -> None:
    assert unknown_noun(name, terms() | STANDARD_WORDS | PARTICIPLES) is not None


@pytest.mark.parametrize(
    "name", ["CircuitBreaker", "TokenBucket", "PriceList", "KnownStories", "RunRecord", "PollClient", "ExpectedImage"]
)
def test_a_word_of_the_glossary_or_of_the_field_is_let_be(name: str) -> None:
    assert unknown_noun(name, terms() | STANDARD_WORDS | PARTICIPLES) is None


def test_a_private_class_and_an_exception_are_not_looked_at() -> None:
    source = "class _Tally: ...\nclass SpoolUnusable(PermanentError): ...\nclass Tally: ..."
    assert list(public_classes(source)) == ["Tally"]


def test_the_glossary_defines_each_word_once_and_in_order() -> None:
    sections = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").split("\n## ")[1:]
    first_terms = [
        [TERM.findall(line)[0].lower() for line in it.splitlines() if line.startswith("- ")] for it in sections
    ]
    for section in first_terms:
        assert section == sorted(section)
    defined = [term for section in first_terms for term in section]
    assert len(defined) == len(set(defined))


def test_no_standard_word_is_defined_again() -> None:
    """Or the list would hide that a word has a meaning of its own here."""
    assert (STANDARD_WORDS | PARTICIPLES) & terms() == set()
