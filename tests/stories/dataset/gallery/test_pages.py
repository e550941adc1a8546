"""The pages as a parser reads them: nothing hostile is live in them, and they are cut where they grow too large."""

import base64
import hashlib
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stories.dataset.gallery.pages import RunEntry, RunFacts, RunPages, duration, render_index, size
from stories.dataset.gallery.story_cards import StoryCard, open_card
from stories.storyboards.story import identify

FACTS = RunFacts("r-1", "d-1", states=(("held", 3),))
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</script></style><!--",
    "\u202egnp.exe\u202c \u2066x\u2069",
    "\x00\x07\x1b[31m\x9b",
    "{{ 7 * 7 }}{% raw %}",
    "=cmd|'/C calc'!A0",
    "&lt;b&gt; &#60;",
    "javascript:alert(1)",
)


class _Markup(HTMLParser):
    """Every element with its attributes, and the text of the two that run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": []}
        self._in = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in = tag if tag in self.inside else ""

    def handle_data(self, data: str) -> None:
        if self._in:
            self.inside[self._in].append(data)

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]


def card_of(text: str) -> StoryCard:
    board = {
        "title": text,
        "style": text,
        "scenes": [{"prompt": text, "characters": [text], "location": text}],
        "characters": [{"name": text, "description": text}],
        "locations": [{"name": text, "description": text}],
    }
    story = identify(board, sample=0, source_uris=[text])
    return open_card(story, story_id=story.story_id, label=text, state="held", reason=text, message=text)


def page_of(*cards: StoryCard, facts: RunFacts = FACTS) -> str:
    pages = RunPages(facts)
    for card in cards:
        assert pages.add(card) is None
    return pages.last()[1].decode()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_changes_no_element_of_the_page(text: str) -> None:
    facts = RunFacts("r-1", text, source=text, states=(("held", 1),), notes=(text,))
    hostile = page_of(card_of(text), facts=facts)
    plain = page_of(card_of("plain"), facts=RunFacts("r-1", "p", source="p", states=(("held", 1),), notes=("p",)))
    assert _Markup(hostile).shape() == _Markup(plain).shape()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", hostile)
    index = render_index(text, [RunEntry(facts, ())])[1].decode()
    assert _Markup(index).shape() == _Markup(render_index("p", [RunEntry(facts, ())])[1].decode()).shape()


@given(st.text(min_size=1, max_size=80))
@settings(max_examples=30, deadline=None)
def test_so_does_no_text_at_all(text: str) -> None:
    markup = _Markup(page_of(card_of(text)))
    assert [tag for tag, _ in markup.elements].count("script") == 1
    assert not [name for _, attributes in markup.elements for name in attributes if name.startswith("on")]


def test_the_policy_lets_through_the_one_style_and_the_one_script_that_are_there() -> None:
    markup = _Markup(page_of(card_of("plain")))
    policy = next(it["content"] or "" for tag, it in markup.elements if it.get("http-equiv"))
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    for element, directive in (("style", "style-src"), ("script", "script-src")):
        digest = base64.b64encode(hashlib.sha256("".join(markup.inside[element]).encode()).digest()).decode()
        assert rules[directive] == f"'sha256-{digest}'"
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data: 'self'"
    assert "unsafe" not in policy
    attributes = {name for _, it in markup.elements for name in it}
    assert "style" not in attributes
    links = [it.get("href") or it.get("src") or "" for _, it in markup.elements]
    assert not [link for link in links if re.match(r"[a-z]+:", link) and not link.startswith("data:")]


@pytest.mark.parametrize(("limits", "expected"), [({"max_stories": 3}, [3, 3, 1]), ({"max_bytes": 1}, [1] * 7)])
def test_a_long_run_goes_on_on_a_next_page(limits: dict[str, int], expected: list[int]) -> None:
    pages = RunPages(FACTS, **limits)
    made = [page for number in range(7) if (page := pages.add(card_of(f"Story {number}")))]
    made.append(pages.last())
    assert [key for key, _ in made] == [
        f"gallery/r-1{'' if page == 1 else f'.{page}'}.html" for page in range(1, len(expected) + 1)
    ]
    texts = [content.decode() for _, content in made]
    assert [text.count("<article") for text in texts] == expected
    assert [re.findall(r"the stories (\d+) to (\d+);", text) for text in texts] == [
        [(str(sum(expected[:page]) + 1), str(sum(expected[: page + 1])))] for page in range(len(expected))
    ]
    links = [re.findall(r'rel="(prev|next)" href="([^"]+)"', text) for text in texts]
    assert links[0] == [("next", "r-1.2.html")]
    assert links[-1] == [("prev", f"r-1.{len(expected) - 1}.html")] if len(expected) > 2 else [("prev", "r-1.html")]


def test_an_empty_run_has_a_page() -> None:
    assert "<h1>" in page_of()


@pytest.mark.parametrize(
    ("span", "text"),
    [(0.04, "0.0 s"), (5.44, "5.4 s"), (161, "2 min 41 s"), (timedelta(hours=1, minutes=12), "1 h 12 min")],
)
def test_durations_are_told_in_the_units_of_people(span: float | timedelta, text: str) -> None:
    assert duration(span) == text


def test_sizes_too() -> None:
    assert [size(880_000), size(6_100_000), size(12_400_000_000)] == ["880 KB", "6.1 MB", "12.4 GB"]
