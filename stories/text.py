"""Foreign texts made safe for the place they go to: a file name, a terminal, a page, a message, a record.

Prompts, titles and names come from storyboards, messages and URLs from services; any of them may hold anything. Each
function here serves one kind of place, and no other module does the same work.
"""

import html
import re
import unicodedata
from collections.abc import Iterable

MAX_SLUG_BYTES = 100

_OUTSIDE_SLUG = re.compile(r"[^a-z0-9_-]")
_DASHES = re.compile(r"-{2,}")
_ACCENTS = re.compile("[\u0300-\u036f]")
_OUTSIDE_LABEL = re.compile(r"[^a-z0-9]+")
_MOST_LABELLED_CHARACTERS = 1000
"""Of a text, so many are looked at; a label is far shorter."""
_QUERY_OF_HTTP_URL = re.compile(r"(https?://[^\s?#]*)[?#]\S*", re.IGNORECASE)
_QUERY = re.compile(r"[?][^ ]*")
_USER_PART = re.compile(r"//[^/]*@")
_STEERS_A_PAGE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:@])")


def make_slug(name: str, *, max_bytes: int = MAX_SLUG_BYTES) -> str:
    """Return the name as a part of a file name: lower case, `-` for what is not `[a-z0-9_-]`, `unnamed` when empty.

    Repeated dashes become one, dashes at the ends go. The rule is that of the vendor's client, so that its users find
    the files they expect.
    """
    dashed = _DASHES.sub("-", _OUTSIDE_SLUG.sub("-", name.lower()))
    return dashed.strip("-")[:max_bytes].rstrip("-") or "unnamed"


def make_unique_slugs(names: Iterable[str]) -> list[str]:
    """Return the slug of each name in order; a slug that is taken already gets `-2`, `-3` and so on."""
    taken: set[str] = set()
    slugs = []
    for name in names:
        plain = chosen = make_slug(name)
        number = 1
        while chosen in taken:
            number += 1
            suffix = f"-{number}"
            chosen = plain[: MAX_SLUG_BYTES - len(suffix)].rstrip("-") + suffix
        taken.add(chosen)
        slugs.append(chosen)
    return slugs


def make_label(text: str, *, max_characters: int) -> str:
    """Return the words of the text in `[a-z0-9]` with `-` between them, accents dropped; empty when none are left.

    Unlike a slug, a label is for people: `Émile` becomes `emile`, and two texts may give the same label.
    """
    decomposed = unicodedata.normalize("NFKD", text[:_MOST_LABELLED_CHARACTERS])
    letters = _ACCENTS.sub("", decomposed).lower()
    return _OUTSIDE_LABEL.sub("-", letters).strip("-")[:max_characters].rstrip("-")


def normalize_nfc(text: str) -> str:
    """Return the text in Unicode's composed form (NFC), in which equal prompts compare equal."""
    return unicodedata.normalize("NFC", text)


def replace_lone_surrogates(text: str) -> str:
    """Return the text with `?` for each lone surrogate: JSON allows them, UTF-8 and so every file cannot hold them."""
    return text.encode("utf-8", "replace").decode()


def blank_control_characters(text: str) -> str:
    """Return the text with a space for each character that could steer a terminal; line ends stay."""
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text)


def mark_control_characters(text: str) -> str:
    """Return the text with U+FFFD for each character that could steer a page or reverse the direction of its text.

    Tabs and line ends stay.
    """
    return _STEERS_A_PAGE.sub("\ufffd", text)


def join_lines(text: str) -> str:
    """Return the text as one line: white space becomes single spaces, control characters are removed.

    They are removed and not replaced, so that a secret that they break up can be found in the result.
    """
    spaced = (" " if character.isspace() else character for character in text)
    visible = (character for character in spaced if not unicodedata.category(character).startswith("C"))
    return " ".join("".join(visible).split())


def escape_markdown(text: str, *, max_characters: int) -> str:
    """Return the text as one line that Markdown and HTML show as it is, inside a table too.

    A longer text is cut to `max_characters`, the last of which is `…`; escaping makes the result longer again.
    """
    visible = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in text)
    line = " ".join(visible.split())
    short = line if len(line) <= max_characters else line[: max_characters - 1] + "…"
    return _MARKDOWN.sub(r"\\\1", html.escape(short, quote=False))


def cut_url_queries(text: str) -> str:
    """Return the text with every http(s) URL in it cut before its query and fragment, which may hold a signature."""
    return _QUERY_OF_HTTP_URL.sub(r"\1", text)


def cut_queries(text: str) -> str:
    """Return the text without anything from a `?` up to the next space.

    For messages of cloud clients, which name signed objects without a scheme as well; `cut_url_queries` would miss
    those, and a question mark in such a message is no loss.
    """
    return _QUERY.sub("", text)


def hide_credentials(url: str) -> str:
    """Return the URL as a message may show it: the user part as `…`, and nothing from the first `?` on."""
    return _USER_PART.sub("//…@", url.partition("?")[0])
