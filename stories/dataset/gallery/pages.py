"""Pages as HTML: each is one file, made from the templates, styles and script of this package, and needs no other.

Texts of storyboards and services are hostile: Jinja escapes every value, `without_control_characters` marks characters
that could steer a page or reverse its text, and the policy of the page allows no script and no style but the two whose
hashes it names.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from stories.dataset.gallery.story_cards import INVALID, StoryCard
from stories.dataset.layout import GALLERY_INDEX, gallery_key
from stories.text import mark_control_characters

MAX_PAGE_STORIES = 1000
MAX_PAGE_BYTES = 24_000_000
"""A browser opens a page of this size from a disk in two seconds (measured); a longer run gets another page."""

STATES = ("completed", "partial", "failed", "rejected", "held", "in_flight", "not_sent", INVALID)


@dataclass(frozen=True)
class RunFacts:
    """The figures at the head of a run's page, and in the index."""

    run_id: str
    dataset_id: str
    source: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    states: tuple[tuple[str, int], ...] = ()
    """Number of stories in each state, without those that an earlier run had done."""
    done_before: int = 0
    images: int = 0
    image_bytes: int = 0
    cost: Decimal = Decimal(0)
    currency: str = "EUR"
    notes: tuple[str, ...] = ()

    @property
    def stories(self) -> int:
        """Number of stories, without those that an earlier run had done."""
        return sum(count for state, count in self.states if state != INVALID)

    @property
    def lasted(self) -> timedelta | None:
        """Time from start to end; None while the run is not closed."""
        return self.ended_at - self.started_at if self.started_at and self.ended_at else None


@dataclass(frozen=True)
class RunEntry:
    """A run in the index: its figures and a few thumbnails."""

    facts: RunFacts
    covers: tuple[str, ...]


class RunPages:
    """The cards of a run, split into pages of a size that a browser opens quickly."""

    def __init__(
        self, facts: RunFacts, *, max_stories: int = MAX_PAGE_STORIES, max_bytes: int = MAX_PAGE_BYTES
    ) -> None:
        self._facts = facts
        self._limits = max_stories, max_bytes
        self._page = 1
        self._before = 0
        self._cards: list[StoryCard] = []
        self._html: list[str] = []
        self._bytes = 0

    def add(self, card: StoryCard) -> tuple[str, bytes] | None:
        """Add a card; returns key and content of the page before it if the card did not fit on that page."""
        html = _environment().get_template("story.html.j2").render(card=card)
        size_bytes = len(html.encode())
        stories, most_bytes = self._limits
        full = bool(self._cards) and (len(self._cards) == stories or self._bytes + size_bytes > most_bytes)
        page = self._render(is_last=False) if full else None
        self._cards.append(card)
        self._html.append(html)
        self._bytes += size_bytes
        return page

    @property
    def count(self) -> int:
        """Number of pages that were returned."""
        return self._page - 1

    def last(self) -> tuple[str, bytes]:
        """Return key and content of the last page."""
        return self._render(is_last=True)

    def _render(self, *, is_last: bool) -> tuple[str, bytes]:
        number, run_id = self._page, self._facts.run_id
        html = (
            _environment()
            .get_template("run.html.j2")
            .render(
                facts=self._facts,
                page=number,
                previous=_name(gallery_key(run_id, number - 1)) if number > 1 else None,
                next=None if is_last else _name(gallery_key(run_id, number + 1)),
                states=_counted((card.state for card in self._cards), STATES),
                styles=_counted(card.style for card in self._cards if card.style),
                flags=_counted(name for card in self._cards for name, _ in card.flags),
                first=self._before + 1,
                last=self._before + len(self._cards),
                cards=Markup("".join(self._html)),  # noqa: S704 - rendered by the template of a story
                **_assets(),
            )
        )
        self._before += len(self._cards)
        self._page, self._cards, self._html, self._bytes = number + 1, [], [], 0
        return gallery_key(run_id, number), html.encode()


def render_index(dataset_id: str, entries: Sequence[RunEntry]) -> tuple[str, bytes]:
    """Return key and content of the page over all runs, the newest first."""
    newest_first = sorted(entries, key=lambda it: it.facts.run_id, reverse=True)
    html = (
        _environment()
        .get_template("index.html.j2")
        .render(
            dataset_id=dataset_id,
            entries=newest_first,
            stories=sum(entry.facts.stories for entry in entries),
            images=sum(entry.facts.images for entry in entries),
            image_bytes=sum(entry.facts.image_bytes for entry in entries),
            cost=sum((entry.facts.cost for entry in entries), Decimal(0)),
            **_assets(),
        )
    )
    return GALLERY_INDEX, html.encode()


def without_control_characters(value: object) -> object:
    """Return a text with its control characters marked, and anything else, rendered HTML included, as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return mark_control_characters(value)
    return value


def duration(seconds: float | timedelta) -> str:
    """Return `5.4 s`, `2 min 41 s` or `1 h 12 min`."""
    span = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
    if span < 60:
        return f"{span:.1f} s"
    minutes, rest = divmod(round(span), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"


def size(size_bytes: int) -> str:
    """Return `880 KB`, `6.1 MB` or `12.4 GB`."""
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1e3:,.0f} KB"
    return f"{size_bytes / 1e6:,.1f} MB" if size_bytes < 1e9 else f"{size_bytes / 1e9:,.1f} GB"


def _counted(words: Iterable[str], order: Sequence[str] = ()) -> list[tuple[str, int]]:
    """Return the words with their counts: in this order, or the most frequent first."""
    counts = Counter(words)
    ranked = sorted(counts.items(), key=lambda it: (-it[1], it[0]))
    return sorted(ranked, key=lambda it: order.index(it[0])) if order else ranked


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("stories.dataset.gallery", "."),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=without_control_characters,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"duration": duration, "size": size, "words": lambda text: text.replace("_", " ")}
    return environment


@cache
def _assets() -> dict[str, Markup]:
    """Return styles and script, and the policy that allows them by their hashes."""
    package = files("stories.dataset.gallery")
    style, script = (package.joinpath(name).read_text("utf-8") for name in ("gallery.css", "gallery.js"))
    policy = (
        f"default-src 'none'; style-src 'sha256-{_hash(style)}'; script-src 'sha256-{_hash(script)}'; "
        "img-src data: 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    )
    texts = {"style": style, "script": script, "policy": policy}
    return {name: Markup(text) for name, text in texts.items()}  # noqa: S704 - files of this package


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _name(key: str) -> str:
    return key.rpartition("/")[2]
