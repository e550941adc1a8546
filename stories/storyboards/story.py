"""A story: one storyboard and one sample number, identified by its content and never by its place."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from stories.api.wire import MAX_STORYBOARD_BYTES, Storyboard
from stories.strict_json import JsonDocumentError, JsonObject, canonical_json, sha256_hex
from stories.text import make_label, normalize_nfc

_STORY_ID_DIGITS = 32
_LABEL_CHARACTERS = 40
_FILE_SUFFIX = re.compile(r"\.(?:json|jsonl|ndjson|parquet)(?:\.gz|\.zst)?(?=#|\Z)", re.IGNORECASE)


@dataclass(frozen=True)
class Story:
    """One sample of a storyboard. `body` is its canonical JSON: exactly the bytes that are sent to the service."""

    story_id: str
    sample: int
    source_uris: tuple[str, ...]
    body: bytes

    @classmethod
    def from_body(cls, body: bytes, *, sample: int, source_uris: Iterable[str]) -> "Story":
        """Return the story of a canonical body; the story id hashes the body, a newline and the sample number."""
        story_id = sha256_hex(body + b"\n" + str(sample).encode())[:_STORY_ID_DIGITS]
        return cls(story_id, sample, tuple(sorted(set(source_uris))), body)

    @cached_property
    def storyboard(self) -> Storyboard:
        return Storyboard.model_validate(json.loads(self.body))

    @cached_property
    def storyboard_sha256(self) -> str:
        """SHA-256 of the body, 64 hex digits; all samples of one storyboard share it."""
        return sha256_hex(self.body)

    @property
    def title(self) -> str | None:
        return self.storyboard.title

    @property
    def style(self) -> str | None:
        """The style if it is a text. The service may know richer forms, which stay in the body."""
        return self.storyboard.style if isinstance(self.storyboard.style, str) else None

    @cached_property
    def prompts_fingerprint(self) -> str:
        """Hash that recognises a job's answer (docs/protocol.md#reconciler), from the prompts and the title if any."""
        return fingerprint_of([scene.prompt for scene in self.storyboard.scenes], self.title)

    @cached_property
    def untitled_fingerprint(self) -> str:
        """Hash that recognises an answer without a title, from the prompts alone."""
        return fingerprint_of([scene.prompt for scene in self.storyboard.scenes], None)

    @cached_property
    def label(self) -> str:
        """Short name for display, such as `the-lighthouse-cat 3f2a91c0`; too short to be unique."""
        file_name = self.source_uris[0].rsplit("/", 1)[-1] if self.source_uris else ""
        words = _words(self.title or "") or _words(_FILE_SUFFIX.sub("", file_name)) or "story"
        return f"{words} {self.story_id[:8]}"


def identify(document: JsonObject, *, sample: int, source_uris: Iterable[str]) -> Story:
    """Return the story of a storyboard.

    Raises `JsonDocumentError` if the storyboard has no canonical form or exceeds the body limit.
    """
    body = canonical_json(document)
    if len(body) > MAX_STORYBOARD_BYTES:
        raise JsonDocumentError(f"{len(body):,} bytes are more than the {MAX_STORYBOARD_BYTES:,} allowed")
    return Story.from_body(body, sample=sample, source_uris=source_uris)


def fingerprint_of(prompts: Iterable[str], title: str | None) -> str:
    """Return the SHA-256 of the NFC prompts in order, and of the title if any. Raises `JsonDocumentError`."""
    texts: dict[str, JsonValue] = {"prompts": [normalize_nfc(prompt) for prompt in prompts]}
    if title is not None:
        texts["title"] = normalize_nfc(title)
    return sha256_hex(canonical_json(texts))


def _words(text: str) -> str:
    return make_label(text, max_characters=_LABEL_CHARACTERS)
