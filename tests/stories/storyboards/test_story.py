"""The identity of a story: its content and its sample, nothing else."""

import hashlib
import json
import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stories.api.wire import MAX_STORYBOARD_BYTES
from stories.storyboards.story import Story, identify
from stories.strict_json import JsonDocumentError, parse_json_object

CANONICAL = '{"scenes":[{"prompt":"Olive sits on a crate."},{"prompt":"Le café ☕"}],"title":"The Lighthouse Cat"}'
GOLDEN_ID = "e219b1fa09ac739533936db6531cc7ba"
GOLDEN_FINGERPRINT = "78fbc67b508b38d50c8ac8376a2aeda29a6f775f41c82f832b02f8a9a60fda20"

SPELLINGS = [
    CANONICAL,
    """{"title": "The Lighthouse Cat",\r
     "scenes": [{"prompt": "Olive sits on a crate."}, {"prompt": "Le caf\\u00e9 ☕"}]}""",
    f"\ufeff {CANONICAL}\n",
]

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
storyboards = st.builds(
    lambda prompts, extra: {**extra, "scenes": [{"prompt": prompt, "extra": extra} for prompt in prompts]},
    st.lists(texts, min_size=1, max_size=3),
    st.dictionaries(texts.map("x-{}".format), values, max_size=3),
)


def story_of(text: str, *, sample: int = 0, source_uris: tuple[str, ...] = ("/boards/a.json",)) -> Story:
    return identify(parse_json_object(text.encode(), max_bytes=10_000), sample=sample, source_uris=source_uris)


def shuffled(value: object, dice: random.Random) -> object:
    if isinstance(value, dict):
        keys = dice.sample(list(value), len(value))
        return {key: shuffled(value[key], dice) for key in keys}
    return [shuffled(entry, dice) for entry in value] if isinstance(value, list) else value


@pytest.mark.parametrize("spelling", SPELLINGS, ids=["canonical", "pretty and escaped", "byte-order mark"])
def test_the_id_of_a_fixed_storyboard_never_changes(spelling: str) -> None:
    """A changed id would pay for every story of every dataset again."""
    story = story_of(spelling)
    assert story.story_id == GOLDEN_ID == hashlib.sha256(CANONICAL.encode() + b"\n0").hexdigest()[:32]
    assert story.body == CANONICAL.encode()
    assert story.storyboard_sha256 == hashlib.sha256(CANONICAL.encode()).hexdigest()
    assert story.prompts_fingerprint == GOLDEN_FINGERPRINT


@given(storyboard=storyboards, dice=st.randoms(), indent=st.sampled_from([None, 0, 2]), ascii_only=st.booleans())
def test_every_way_to_write_a_storyboard_has_one_id(
    storyboard: dict[str, object], dice: random.Random, indent: int | None, ascii_only: bool
) -> None:
    rewritten = json.dumps(shuffled(storyboard, dice), indent=indent, ensure_ascii=ascii_only)
    assert story_of(rewritten).story_id == story_of(json.dumps(storyboard)).story_id


def test_where_a_storyboard_was_found_is_not_part_of_its_id() -> None:
    here, there = story_of(CANONICAL), story_of(CANONICAL, source_uris=("s3://b/z.jsonl#7", "/a.json", "/a.json"))
    assert here.story_id == there.story_id
    assert there.source_uris == ("/a.json", "s3://b/z.jsonl#7")


def test_samples_are_stories_of_their_own_with_the_same_body() -> None:
    first, second = story_of(CANONICAL, sample=0), story_of(CANONICAL, sample=1)
    assert first.story_id != second.story_id
    assert first.body == second.body
    assert first.prompts_fingerprint == second.prompts_fingerprint


def test_an_edited_storyboard_is_a_new_story() -> None:
    """Input 22."""
    assert story_of(CANONICAL).story_id != story_of(CANONICAL.replace("crate.", "crate!")).story_id


def test_composed_and_decomposed_twins_are_two_stories_with_one_fingerprint() -> None:
    """Input 11: the service may answer in either form, so a job is recognised in both."""
    composed, decomposed = (story_of(unicodedata.normalize(form, CANONICAL)) for form in ("NFC", "NFD"))
    assert composed.story_id != decomposed.story_id
    assert composed.prompts_fingerprint == decomposed.prompts_fingerprint


def test_the_title_is_part_of_the_fingerprint_when_there_is_one() -> None:
    untitled = story_of('{"scenes":[{"prompt":"a"}]}')
    titled = story_of('{"scenes":[{"prompt":"a"}],"title":"T"}')
    assert untitled.prompts_fingerprint == hashlib.sha256(b'{"prompts":["a"]}').hexdigest()
    assert titled.prompts_fingerprint == hashlib.sha256(b'{"prompts":["a"],"title":"T"}').hexdigest()


def test_a_style_that_is_no_text_stays_in_the_body_alone() -> None:
    assert story_of('{"scenes":[{"prompt":"a"}],"style":"ink"}').style == "ink"
    rich = story_of('{"scenes":[{"prompt":"a"}],"style":{"preset":"ink"}}')
    assert rich.style is None
    assert b'"preset"' in rich.body


@pytest.mark.parametrize(
    ("title", "uri", "words"),
    [
        ("The Lighthouse Cat", "/a.json", "the-lighthouse-cat"),
        ("Léonie & l’été", "/a.json", "leonie-l-ete"),
        ("../x", "/a.json", "x"),
        ("C:\\x", "/a.json", "c-x"),
        ("猫", "s3://b/boards/night cat.jsonl.gz#12", "night-cat-12"),
        ("...", "/…", "story"),
        ("x" * 300, "/a.json", "x" * 40),
    ],
)
def test_a_label_is_short_and_harmless_whatever_the_title(title: str, uri: str, words: str) -> None:
    """Input 16."""
    story = identify({"scenes": [{"prompt": "a"}], "title": title}, sample=0, source_uris=(uri,))
    assert story.label == f"{words} {story.story_id[:8]}"


def test_a_body_over_the_limit_has_no_identity() -> None:
    with pytest.raises(JsonDocumentError, match=r"bytes are more than the 1,048,576 allowed"):
        identify({"scenes": [{"prompt": "a"}], "x": "y" * MAX_STORYBOARD_BYTES}, sample=0, source_uris=())
