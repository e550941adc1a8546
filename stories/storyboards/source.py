"""The storyboards at a source: every one of them either found or, with its problems, unusable."""

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from pydantic import JsonValue

from stories.storyboards.file_formats import MAX_TEXT_BYTES, StoryboardText, read_texts
from stories.storyboards.source_files import FileKind, SourceFile, find_files
from stories.storyboards.validation import Problem, find_problems
from stories.strict_json import JsonDocumentError, canonical_json, name_of_type, parse_json

DEFAULT_COLUMN = "storyboard"

_FILES_READ_AHEAD = 16


@dataclass(frozen=True)
class FoundStoryboard:
    """A storyboard that can be sent; `body` is its canonical JSON. `uri` is its file, `#line` for lines and rows."""

    uri: str
    body: bytes


@dataclass(frozen=True)
class UnusableStoryboard:
    """A storyboard that cannot be sent, and what to change."""

    uri: str
    problems: tuple[Problem, ...]

    @property
    def explanation(self) -> str:
        """Every problem with its fix, on one line."""
        return "; ".join(str(problem) for problem in self.problems)


def read_storyboards(
    source: str, *, column: str = DEFAULT_COLUMN, storage_options: Mapping[str, object] | None = None
) -> Iterator[FoundStoryboard | UnusableStoryboard]:
    """Stream every storyboard of a path, a URL, a directory or a glob, in the order of paths and lines.

    `column` is the one of a Parquet file that holds storyboards as JSON text. A source that cannot be read as a whole
    raises `SourceUnreadable`: nothing there, no match, no such column, a damaged file.
    """
    for text in _entries(find_files(source, storage_options), column):
        yield _judged(text)


def _entries(files: list[SourceFile], column: str) -> Iterator[StoryboardText]:
    """In order. Files of one storyboard are fetched ahead, for from an object store each takes two round trips."""
    reading: deque[Future[Iterator[StoryboardText]]] = deque()
    with ThreadPoolExecutor(_FILES_READ_AHEAD, thread_name_prefix="source") as threads:
        for file in files:
            reading.append(threads.submit(_opened, file, column))
            if len(reading) == _FILES_READ_AHEAD:
                yield from reading.popleft().result()
        while reading:
            yield from reading.popleft().result()


def _opened(file: SourceFile, column: str) -> Iterator[StoryboardText]:
    texts = read_texts(file, column=column)
    return iter(list(texts)) if file.kind is FileKind.JSON else texts


def _judged(text: StoryboardText) -> FoundStoryboard | UnusableStoryboard:
    if isinstance(text.content, Problem):
        return UnusableStoryboard(text.uri, (text.content,))
    try:
        document = parse_json(text.content, max_bytes=MAX_TEXT_BYTES)
    except JsonDocumentError as exc:
        reason = str(exc)[:200].removeprefix("line 1, ") if "#" in text.uri else str(exc)[:200]
        return UnusableStoryboard(text.uri, (Problem("", f"is not valid JSON ({reason})", "write JSON in UTF-8"),))
    if not isinstance(document, dict):
        return UnusableStoryboard(text.uri, (_not_an_object(document),))
    problems = find_problems(document)
    if problems:
        return UnusableStoryboard(text.uri, tuple(problems))
    return FoundStoryboard(text.uri, canonical_json(document))


def _not_an_object(document: JsonValue) -> Problem:
    many = isinstance(document, list)
    fix = "use .jsonl with one storyboard a line" if many else 'write {"scenes": [{"prompt": "…"}]}'
    return Problem("", f"is {name_of_type(document)}, not an object", fix)
