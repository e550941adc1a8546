"""Output of commands: results on stdout and messages on stderr, without control characters from outside."""

import json
import sys
from collections.abc import Mapping, Sequence

from pydantic import JsonValue
from rich.console import Console
from rich.text import Text

from stories.errors import ApiRefusal, AuthenticationFailed, ConnectionLost, StoriesError
from stories.text import blank_control_characters

stderr_console = Console(stderr=True, highlight=False, soft_wrap=True)
"""Messages, progress and summaries."""

_WHAT_TO_DO: tuple[tuple[type[StoriesError], str], ...] = (
    (AuthenticationFailed, "check the key: DEPICTA_API_KEY, or api_key in the vendor's config file"),
    (ConnectionLost, "check DEPICTA_API_URL and the network, then run again; no story is sent twice"),
)
"""Advice for errors whose text comes from the service or the network."""


def print_json(document: Mapping[str, JsonValue] | Sequence[JsonValue]) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def print_result(text: str) -> None:
    """Print the line that scripts read on stdout."""
    sys.stdout.write(text + "\n")


def print_error(error: StoriesError, *, as_json: bool, extra: Mapping[str, JsonValue] | None = None) -> None:
    """Print an error on stderr, as a message or as one JSON object."""
    if as_json:
        sys.stderr.write(json.dumps({**error_document(error), **(extra or {})}, ensure_ascii=False) + "\n")
        return
    stderr_console.print(Text.assemble(("error: ", "bold red"), printable(str(error))))
    if isinstance(error, ApiRefusal):
        for field, reason in error.details.items():
            stderr_console.print(Text(f"  {printable(field)}: {printable(reason)}"))
    for kind, advice in _WHAT_TO_DO:
        if isinstance(error, kind):
            stderr_console.print(Text(f"  {advice}"))


def error_document(error: StoriesError) -> dict[str, JsonValue]:
    """Return the error in the form of the API's error bodies: a code, a message, and the reason for each field."""
    if not isinstance(error, ApiRefusal):
        return {"error": _code_of(error), "message": str(error)}
    document: dict[str, JsonValue] = {"error": error.code, "message": error.message}
    if error.details:
        document["details"] = dict(error.details)
    if error.balance_eur is not None:
        document["balance_eur"] = str(error.balance_eur)
    return document


def printable(text: str) -> str:
    """Return the text without control characters: no prompt, title or answer of a service may steer the terminal."""
    return blank_control_characters(text)


def _code_of(error: StoriesError) -> str:
    words = type(error).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in words).lstrip("_")
