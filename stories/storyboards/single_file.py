"""A single storyboard from a local file of any name."""

from pathlib import Path

from stories.api.wire import MAX_STORYBOARD_BYTES, ErrorCode
from stories.errors import InvalidStoryboard, SourceUnreadable
from stories.storyboards.story import Story, identify
from stories.storyboards.validation import find_problems
from stories.strict_json import JsonDocumentError, parse_json_object

_MAX_TEXT_BYTES = 4 * MAX_STORYBOARD_BYTES  # indentation and escapes that the canonical form drops


def read_story(path: Path) -> Story:
    """The story of the storyboard in the file.

    Raises `SourceUnreadable`, and `InvalidStoryboard` with the reason and the fix for each field; nothing is sent.
    """
    try:
        with path.open("rb") as file:
            document = parse_json_object(file.read(_MAX_TEXT_BYTES + 1), max_bytes=_MAX_TEXT_BYTES)
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
