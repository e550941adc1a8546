"""Citations of docs/protocol.md in code, tests and pages, each as the anchor that it has to lead to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass


def _list(one: str) -> str:
    """Return the pattern of `3`, `2 and 3`, `29, 30 and 43` and `22 to 27`, for this pattern of one number."""
    return rf"{one}(?:, {one})*(?: (?:and|to|or) {one})?"


_FORMS = (
    (re.compile(rf"\b[Rr]ules? ({_list('[0-9]+')})"), "rule-"),
    (re.compile(rf"\b[Ff]aults? ({_list('[0-9]+')})"), "fault-"),
    (re.compile(rf"\b[Bb]ad inputs? ({_list('[0-9]+')})"), "bad-input-"),
    (re.compile(rf"\b({_list('F[0-9]{1,2}')})\b"), "fact-"),
    (re.compile(rf"\b({_list('C[0-9]{1,2}b?')})\b"), ""),
    (re.compile(rf"\b({_list('[SMLBX][0-9]')})\b"), ""),
)
"""A form of citation, its numbers in the first group, and what their anchors begin with."""
_NUMBER = re.compile(r"[A-Z]?\d+b?")
_SECTION = re.compile(
    r"(?:submit|delivery)[ -]protocol,? (?:section )?\d|[Ss]ection \d[.\d]* of the (?:submit|delivery)"
)
_PAGE_ANCHOR = re.compile(r"(docs/[\w/-]+\.md)#([\w-]+)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_ANCHOR = re.compile(r'<a id="([\w-]+)"></a>')


@dataclass(frozen=True)
class Citation:
    """A place that cites, and the anchor of docs/protocol.md that it cites."""

    line: int
    text: str
    anchor: str


def citations(text: str) -> Iterator[Citation]:
    """Yield every citation of a rule, fact, crash point, invariant, fault or bad input, line by line."""
    for number, line in enumerate(text.splitlines(), start=1):
        for form, prefix in _FORMS:
            for found in form.finditer(line):
                yield from (Citation(number, found[0], anchor) for anchor in _anchors(found[1], prefix))


def cited_sections(text: str) -> list[str]:
    """Return citations by the number of a section: a page has no such numbers, so nothing could resolve them."""
    return [found[0] for found in _SECTION.finditer(text)]


def cited_page_anchors(text: str) -> list[tuple[str, str]]:
    """Return page and anchor of every `docs/PAGE.md#ANCHOR`."""
    return [(found[1], found[2]) for found in _PAGE_ANCHOR.finditer(text)]


def anchors_of(page: str) -> frozenset[str]:
    """Return the anchors of a Markdown page: those that it names, and the slugs of its headings."""
    slugs = (re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in _HEADING.findall(page))
    return frozenset({*_ANCHOR.findall(page), *slugs})


def _anchors(numbers: str, prefix: str) -> Iterator[str]:
    words = _NUMBER.findall(numbers)
    first, last = words[0], words[-1]
    if f"{first} to {last}" == numbers:
        letter = first.rstrip("0123456789b")
        start, end = (int(word.removeprefix(letter).rstrip("b")) for word in (first, last))
        words = [f"{letter}{number}" for number in range(start, end + 1)]
    yield from (f"{prefix}{word.lower()}" for word in words)
