"""The prose of Python files: docstrings, comments and messages, and the words that they and identifiers may not use."""

import ast
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

_QUESTION = re.compile(r"(What|Whether|Where|Who|Whoever|Whose|How|Why)\b")
_HUMP_OR_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")

OLD_WORDS = {
    "curtain": "read barrier",
    "desk": "download context",
    "gate": "circuit breaker",
    "judgement": "quality checks",
    "patience": "poll policy",
    "receipt": "run record",
    "staff": "shard context",
    "tally": "shard progress",
    "told": "given, reported",
    "voice": "reporter",
    "workplace": "open dataset",
}
"""Words that are neither in identifiers nor in prose, and the word of docs/glossary.md for each."""
OLD_NAMES = frozenset(
    {
        "Artists", "Carry", "JobWatch", "Judge", "Mark", "Outcomes", "Patience", "Presence", "ProductionReport",
        "Receipt", "SavingDesk", "SecondLooks", "Settings", "Staff", "Standing", "StoryVoice", "SubmitGate", "Tally",
        "Terms", "Wanted", "Workplace", "take_up",
    }
)  # fmt: skip
"""Names that were renamed; as words they have uses of their own."""
PLAIN_WORDS = {
    "second look": "periodic reconcile",
    "take up": "resume",
    "taken up": "resumed",
    "takes up": "resumes",
    "thereof": "of it",
    "therefor": "for it",
    "whereof": "of which",
    "whoever": "the person or process that",
}
"""Phrases that the prose does without, and what to write."""
KEPT_NAMES = frozenset({"receipt_version"})
"""Keys of stored files, which do not change."""


@dataclass(frozen=True)
class Docstring:
    """A docstring of a module, a class or a function, with the line of its owner."""

    line: int
    text: str

    @property
    def asks(self) -> bool:
        """Return True if it begins with a question word instead of saying what something is or does."""
        return _QUESTION.match(self.text) is not None


def docstrings(source: str) -> list[Docstring]:
    """Return the docstrings of the module and of every class and function in it."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, owners) and ast.get_docstring(node)]
    return [Docstring(getattr(node, "lineno", 1), ast.get_docstring(node) or "") for node in found]


def old_words(source: str) -> list[tuple[int, str]]:
    """Return line and word of every old word: in identifiers, in docstrings and comments, and in messages."""
    found = set(_in_identifiers(source))
    for line, text in [*_texts(source), *_comments(source)]:
        found |= {(line + offset, word) for offset, word in _in_prose(text)}
    return sorted(found)


def _in_identifiers(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        for field in ("id", "attr", "arg", "name"):
            name = getattr(node, field, None)
            if not isinstance(name, str) or name in KEPT_NAMES:
                continue
            parts = {part.lower().removesuffix("s") for part in _HUMP_OR_WORD.findall(name)} | {
                part.lower() for part in _HUMP_OR_WORD.findall(name)
            }
            line = getattr(node, "lineno", 1)
            yield from ((line, word) for word in OLD_WORDS if word in parts)
            if name.strip("_") in OLD_NAMES:
                yield line, name


def _in_prose(text: str) -> Iterator[tuple[int, str]]:
    for offset, line in enumerate(text.splitlines()):
        spoken = re.sub(r"`[^`]*`", "", line).lower()
        for word in (*OLD_WORDS, *PLAIN_WORDS):
            if re.search(rf"\b{word}s?\b", spoken):
                yield offset, word


def _texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield docstrings and messages: texts with a space. A text without one is a key, a code or a format."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, node.value


def _comments(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
