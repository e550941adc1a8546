import json
import re
from dataclasses import replace
from datetime import UTC
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stories.api.wire import ImageFormat
from stories.dataset.images.verification import ImageFacts
from stories.dataset.model import (
    CostSource,
    ImageRole,
    ImageStatus,
    SavedImage,
    SavedStory,
    StoryStatus,
    from_sidecar,
    stripped,
    to_sidecar,
)
from stories.storyboards.story import identify
from tests.doubles import saved_stories as saved

text = st.text(max_size=20)
maybe_text = st.none() | text
served_text = st.text(st.characters(), max_size=20)  # with lone surrogates, which JSON can carry
maybe_served_text = st.none() | served_text
instants = st.none() | st.datetimes(timezones=st.just(UTC))
seconds = st.none() | st.floats(0, 1e9)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | served_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(served_text, inner, max_size=3),
    max_leaves=12,
)
facts = st.builds(
    ImageFacts,
    format=st.sampled_from(ImageFormat),
    phash=st.integers(-(1 << 63), (1 << 63) - 1),
    flags=st.lists(st.sampled_from(["animated", "blank"])).map(tuple),
)


@st.composite
def images(draw: st.DrawFn, number: int) -> SavedImage:
    status = draw(st.sampled_from(ImageStatus))
    role = draw(st.sampled_from(ImageRole))
    is_ok = status is ImageStatus.OK
    return SavedImage(
        role=role,
        ordinal=number,
        status=status,
        asked_format=draw(st.none() | st.sampled_from(ImageFormat)),
        name=None if role is ImageRole.SCENE else f"{number}{draw(served_text)}",
        prompt=draw(maybe_served_text),
        character_names=draw(st.lists(text).map(tuple)),
        key=f"images/{number}" if is_ok else None,
        facts=draw(facts) if is_ok else None,
        error_code=draw(maybe_served_text),
        error_message=draw(maybe_served_text),
        downloaded_at=draw(instants),
    )


@st.composite
def saved_stories(draw: st.DrawFn) -> SavedStory:
    storyboard = {"scenes": [{"prompt": draw(text), "x": draw(st.floats(-1e9, 1e9))}], "title": draw(text)}
    return SavedStory(
        story=identify(storyboard, sample=draw(st.integers(0, 9)), source_uris=draw(st.lists(text))),
        status=draw(st.sampled_from(StoryStatus)),
        attempt=draw(st.integers(1, 9)),
        idempotency_key=draw(maybe_text),
        job_id=draw(maybe_text),
        images=tuple(draw(images(number)) for number in range(draw(st.integers(0, 3)))),
        title=draw(maybe_served_text),
        error_message=draw(maybe_served_text),
        cost_eur=draw(st.none() | st.decimals(0, 10_000, places=4)),
        cost_source=draw(st.none() | st.sampled_from(CostSource)),
        submitted_at=draw(instants),
        completed_at=draw(instants),
        queue_seconds=draw(seconds),
        generate_seconds=draw(seconds),
        download_seconds=draw(seconds),
        poll_count=draw(st.integers(0, 10_000)),
        response=draw(st.none() | st.dictionaries(served_text, json_values, max_size=4)),
    )


@settings(max_examples=50)
@given(saved_stories())
def test_a_sidecar_reads_back_as_the_story_that_was_written(story: SavedStory) -> None:
    content = to_sidecar(story)
    assert from_sidecar(content) == story
    assert to_sidecar(from_sidecar(content)) == content


def test_a_sidecar_is_json_that_people_can_read() -> None:
    document = json.loads(to_sidecar(saved.completed(3)))
    assert document["schema_version"] == 1
    assert document["story"]["body"] == saved.storyboard(3)
    assert document["images"][0]["facts"]["format"] == "png"
    assert document["cost_eur"] == "0.30"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"schema_version": 2, "story": {"body": {}}}', b'{"schema_version": 1}', b"\xff"]
)
def test_bytes_that_are_no_sidecar_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_sidecar(content)


def test_a_sidecar_of_a_newer_version_is_refused() -> None:
    document = json.loads(to_sidecar(saved.completed()))
    newer = json.dumps({**document, "schema_version": 2}).encode()
    with pytest.raises(ValueError, match="schema version 1"):
        from_sidecar(newer)


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("https://h.example/a/b.png?X-Sig=abc%2F&exp=1#top", "https://h.example/a/b.png"),
        ("HTTPS://H/p#f", "HTTPS://H/p"),
        ("http://h", "http://h"),
        ("two: http://a?x=1 and http://b/?y, done?", "two: http://a and http://b/ done?"),
        ('<img src="https://h/i.png?sig=1">', '<img src="https://h/i.png'),
        ("a question? #1", "a question? #1"),
        ("/v1/generate/story/1", "/v1/generate/story/1"),
        ("\ud800 lone", "? lone"),
    ],
)
def test_urls_lose_their_query_and_other_texts_stay(given_text: str, kept: str) -> None:
    assert stripped(given_text) == kept
    assert stripped({given_text: [given_text, {"deep": given_text}, 1, None]}) == {
        kept: [kept, {"deep": kept}, 1, None]
    }


@given(json_values, st.text("abc?#&=/ ", max_size=20))
def test_no_url_with_a_query_is_left_anywhere(document: object, tail: str) -> None:
    spoiled = {"a": [document, f"x https://h/{tail}"], f"http://h?{tail}": document}
    once = stripped(spoiled)  # type: ignore[arg-type] - hypothesis does not know the type of JSON
    assert not re.search(r"https?://[^\s\"]*[?#]", json.dumps(once, ensure_ascii=False))
    assert stripped(once) == once


def test_no_signature_reaches_the_sidecar() -> None:
    signed = "https://images.example/a.png?sig=SECRET"
    image = replace(saved.missing_scene(saved.story(), 0, ImageFormat.PNG), error_message=f"GET {signed}: 403")
    story = replace(saved.completed(), images=(image,), error_message=signed, response={"result": {signed: [signed]}})
    assert b"SECRET" not in to_sidecar(story)


def test_texts_that_no_file_can_hold_do_not_stop_a_story() -> None:
    image = replace(saved.missing_scene(saved.story(), 0, ImageFormat.PNG), prompt="\udfff", error_message="\ud800")
    story = replace(saved.completed(), images=(image,), title="a\ud800b", response={"\ud800": "\udfff"})
    assert (story.title, story.images[0].prompt, story.response) == ("a?b", "?", {"?": "?"})
    assert from_sidecar(to_sidecar(story)) == story


def test_two_images_of_one_place_or_one_key_are_refused() -> None:
    scene = saved.saved_scene(saved.story(), 0, ImageFormat.PNG)
    same_key = replace(scene, asked_format=ImageFormat.WEBP)
    for images in (scene, scene), (scene, same_key):
        with pytest.raises(ValueError, match="two images of one place or one key"):
            replace(saved.completed(), images=images)


def test_an_image_has_a_file_exactly_when_it_is_ok() -> None:
    scene = saved.saved_scene(saved.story(), 0, ImageFormat.PNG)
    with pytest.raises(ValueError, match="when, and only when"):
        replace(scene, status=ImageStatus.FAILED)
    with pytest.raises(ValueError, match="when, and only when"):
        replace(scene, key=None)
    with pytest.raises(ValueError, match="a reference has a name"):
        replace(scene, role=ImageRole.CHARACTER)


def test_costs_keep_every_digit() -> None:
    story = replace(saved.completed(), cost_eur=Decimal("0.100"))
    assert str(from_sidecar(to_sidecar(story)).cost_eur) == "0.100"
