"""The prose of the code is plain: docstrings say what something is or does, and old words do not come back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.prose import KEPT_NAMES, docstrings, old_words

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("cli", "configs", "flows", "illustrator", "stories", "studio", "tasks")
WITH_ITS_OWN_WORDS = "illustrator"
"""Desks, gates and curtains are things that it draws."""
LARGEST_SHARE = 0.01


def sources(*packages: str) -> Iterator[tuple[str, str]]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def test_docstrings_say_what_something_is_or_does() -> None:
    found = [(name, docstring) for name, source in sources(*PACKAGES) for docstring in docstrings(source)]
    asking = [f"{name}:{it.line}: {it.text.splitlines()[0][:70]}" for name, it in found if it.asks]
    share = len(asking) / len(found)
    assert share < LARGEST_SHARE, "\n".join(
        [f"{len(asking)} of {len(found)} ({share:.1%}) begin with a question", *asking]
    )


def test_old_words_are_in_no_identifier_and_no_text() -> None:
    packages = [package for package in PACKAGES if package != WITH_ITS_OWN_WORDS]
    found = [f"{name}:{line}: {word}" for name, source in sources(*packages) for line, word in old_words(source)]
    assert not found, "\n".join([f"{len(found)} old words; the new ones are in tests/repository/prose.py", *found])


@pytest.mark.parametrize(
    "text",
    [
        "Whether another process is at this story.",
        "What settles, settles from here.",
        "Where a story stands.",
        "Who works here.",
        "Whoever is killed.",
        "How long it takes.",
        "Why it is held.",
    ],
)
@pytest.mark.parametrize(
    "owner", ["{0}", "class A:\n    {0}", "def f():\n    {0}", "class A:\n    async def f(self):\n        {0}"]
)
def test_a_docstring_that_begins_with_a_question_is_caught(owner: str, text: str) -> None:
    found = docstrings(owner.format(f'"""{text}"""'))
    assert [docstring.asks for docstring in found] == [True]


@pytest.mark.parametrize(
    "text", ["Return True if another process owns it.", "Whole images.", "However long.", "A word."]
)
def test_a_docstring_that_says_what_something_does_is_let_be(text: str) -> None:
    assert [docstring.asks for docstring in docstrings(f'def f():\n    """{text}"""')] == [False]


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("class Workplace: ...", "Workplace"),
        ("class SavingDesk: ...", "desk"),
        ("def draw_curtain(): ...", "curtain"),
        ("def f(staff): ...", "staff"),
        ("x = f(tally=1)", "tally"),
        ("x = run.receipts", "receipt"),
        ("class Presence: ...", "Presence"),
        ("class Carry: ...", "Carry"),
        ("class Mark: ...", "Mark"),
        ('"""Completes the receipt of a run."""', "receipt"),
        ('class A:\n    """A class.\n\n    The gate is open.\n    """', "gate"),
        ("x = 1  # nobody has been told", "told"),
        ('raise ValueError(f"{key}: the receipt is damaged")', "receipt"),
        ('"""Whoever is killed; jobs are taken up."""', "taken up"),
    ],
)
def test_an_old_word_is_caught(source: str, word: str) -> None:
    assert word in {found for _, found in old_words(source)}


@pytest.mark.parametrize(
    "source",
    [
        "class OpenDataset: ...",
        "def investigate(): ...",
        'key = "receipt"',
        '"""The key `receipt` of the document."""',
        "aggregate, toldot, desktop = 1, 2, 3",
        "x = present",
        *(f"{name} = 1" for name in KEPT_NAMES),
    ],
)
def test_what_is_no_old_word_is_let_be(source: str) -> None:
    assert old_words(source) == []


def test_an_old_word_is_reported_with_its_line() -> None:
    assert old_words('def f():\n    """Return one.\n\n    Of the tally.\n    """') == [(4, "tally")]
