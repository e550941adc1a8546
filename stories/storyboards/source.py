"""Reading of storyboards: each storyboard of a source is found, or is unusable because of its problems."""

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from stories.api.wire import ErrorCode
from stories.errors import InvalidStoryboard, SourceUnreadable
from stories.storyboards.file_formats import MAX_TEXT_BYTES, StoryboardText, read_texts
from stories.storyboards.source_files import FileKind, SourceFile, find_files
from stories.storyboards.story import Story, identify
from stories.storyboards.validation import Problem, find_problems
from stories.strict_json import JsonDocumentError, canonical_json, name_of_type, parse_json, parse_json_object

DEFAULT_COLUMN = "storyboard"

_FILES_READ_AHEAD = 16


@dataclass(frozen=True)
class FoundStoryboard:
    """A storyboard that can be sent: the URI of its file, with `#line` for a line or row, and its canonical JSON."""

    uri: str
    body: bytes


@dataclass(frozen=True)
class UnusableStoryboard:
    """A storyboard that cannot be sent, with the problems to correct."""

    uri: str
    problems: tuple[Problem, ...]

    @property
    def explanation(self) -> str:
        """All problems with their fixes, on one line."""
        return "; ".join(str(problem) for problem in self.problems)


def read_storyboards(
    source: str, *, column: str = DEFAULT_COLUMN, storage_options: Mapping[str, object] | None = None
) -> Iterator[FoundStoryboard | UnusableStoryboard]:
    """Yield every storyboard of a path, a URL, a directory or a glob, in the order of paths and lines.

    `column` is the column of Parquet files that holds storyboards as JSON text. Raises `SourceUnreadable` if the source
    is missing, matches no file, has no such column, or holds a damaged file.
    """
    for text in _texts_in_order(find_files(source, storage_options), column):
        yield _validated(text)


def read_story(path: Path) -> Story:
    """Return the story of the single storyboard in a local file of any name.

    Raises `SourceUnreadable`, and `InvalidStoryboard` with the reason and the fix for each field. Sends nothing.
    """
    try:
        with path.open("rb") as file:
            document = parse_json_object(file.read(MAX_TEXT_BYTES + 1), max_bytes=MAX_TEXT_BYTES)
    except OSError as exc:
        raise SourceUnreadable(f"{path}: cannot be read: {exc.strerror}") from exc
    except JsonDocumentError as exc:
        raise SourceUnreadable(f"{path}: not a storyboard in JSON: {exc}") from exc
    details: dict[str, str] = {}
    for problem in find_problems(document):
        details.setdefault(problem.field or "storyboard", f"{problem.reason}: {problem.fix}")
    if details:
        raise InvalidStoryboard(
            f"{path}: the storyboard is not valid; nothing was sent",
            http_status=ErrorCode.VALIDATION.http_status,
            code=ErrorCode.VALIDATION,
            details=details,
        )
    return identify(document, sample=0, source_uris=[str(path)])


def _texts_in_order(files: list[SourceFile], column: str) -> Iterator[StoryboardText]:
    """Yield the texts of the files in order.

    Files of one storyboard are read ahead, because each takes two round trips to an object store.
    """
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


def _validated(text: StoryboardText) -> FoundStoryboard | UnusableStoryboard:
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
    is_list = isinstance(document, list)
    fix = "use .jsonl with one storyboard a line" if is_list else 'write {"scenes": [{"prompt": "…"}]}'
    return Problem("", f"is {name_of_type(document)}, not an object", fix)
