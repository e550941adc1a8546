import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stories.text import (
    blank_control_characters,
    cut_queries,
    cut_url_queries,
    escape_markdown,
    hide_credentials,
    join_lines,
    make_label,
    make_slug,
    make_unique_slugs,
    mark_control_characters,
    normalize_nfc,
    replace_lone_surrogates,
)

any_text = st.text(st.characters(), max_size=200)  # with control characters and lone surrogates


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Mira the Cat", "mira-the-cat"),
        ("  --Émile & Zoë!--  ", "mile-zo"),
        ("under_score-kept_", "under_score-kept_"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\x", "c-x"),
        ("Лиса", "unnamed"),
        ("", "unnamed"),
        ("a" * 300, "a" * 100),
        ("a" * 99 + " b", "a" * 99),
    ],
)
def test_a_name_becomes_a_part_of_a_file_name(name: str, expected: str) -> None:
    assert make_slug(name) == expected


def test_names_that_collide_are_numbered_in_order() -> None:
    assert make_unique_slugs(["Cat", "cat!", "CAT", "cat-2", "dog"]) == ["cat", "cat-2", "cat-3", "cat-2-2", "dog"]
    assert make_unique_slugs(["cat-2", "cat", "cat"]) == ["cat-2", "cat", "cat-3"]


@given(st.lists(st.text(max_size=120), max_size=12))
def test_slugs_are_safe_short_and_unique_for_any_names(names: list[str]) -> None:
    slugs = make_unique_slugs(names)
    assert len(set(slugs)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_-]{1,100}", one) for one in slugs)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Lighthouse Cat", "the-lighthouse-cat"),
        ("Émile & Zoë", "emile-zoe"),
        ("snake_case", "snake-case"),
        ("ﬁne", "fine"),
        ("Лиса", ""),
        ("", ""),
        ("fifteen letters 123", "fifteen-letters-12"),
        ("a" * 50, "a" * 18),
    ],
)
def test_a_label_has_the_words_of_a_text_without_accents(text: str, expected: str) -> None:
    assert make_label(text, max_characters=18) == expected


def test_composed_and_decomposed_letters_become_equal() -> None:
    assert normalize_nfc("e\u0301") == normalize_nfc("\u00e9") == "\u00e9"


@given(any_text)
def test_what_utf_8_cannot_hold_becomes_a_question_mark_and_all_else_stays(text: str) -> None:
    written = replace_lone_surrogates(text)
    assert written.encode().decode() == written
    assert all(
        after == ("?" if "\ud800" <= before <= "\udfff" else before)
        for before, after in zip(text, written, strict=True)
    )


def test_a_terminal_gets_no_control_characters_and_keeps_the_lines() -> None:
    assert blank_control_characters("\x1b[31mred\x07\n\ttab \u202eback \u00e9") == " [31mred \n tab  back \u00e9"


@given(any_text)
def test_no_text_steers_a_terminal(text: str) -> None:
    assert all(line.isprintable() for line in blank_control_characters(text).split("\n"))


def test_a_page_shows_where_a_control_character_was() -> None:
    assert mark_control_characters("a\x00b\u202ec\ud800d\x9b\te\nf\u00e9") == "a\ufffdb\ufffdc\ufffdd\ufffd\te\nf\u00e9"


def test_a_text_of_many_lines_becomes_one_line() -> None:
    assert join_lines("red\x1b[31m \r\n\t alert\x00\x9b\u202e\ud800 ") == "red[31m alert"


def test_a_secret_that_control_characters_break_up_is_whole_in_one_line() -> None:
    assert "dpct_secret" in join_lines("key dpct\x00_se\u200bcret")


@given(any_text)
def test_one_line_is_one_line_whatever_the_text(text: str) -> None:
    line = join_lines(text)
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert line.isprintable()


@given(any_text)
def test_any_text_becomes_one_short_line_of_markdown_without_live_markup(text: str) -> None:
    line = escape_markdown(text, max_characters=80)
    assert len(line.splitlines()) <= 1
    assert not re.search(r"(?<!\\)[`*_{}\[\]()#+\-.!|~:@]|[<>]", line)
    line.encode()


def test_a_long_text_is_cut_before_it_is_escaped() -> None:
    assert escape_markdown("*" * 9, max_characters=3) == r"\*\*…"
    assert escape_markdown("abc", max_characters=3) == "abc"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://h.example/a/b.png?X-Sig=abc%2F&exp=1#top", "https://h.example/a/b.png"),
        ("HTTPS://H/p#f", "HTTPS://H/p"),
        ("http://h", "http://h"),
        ("two: http://a?x=1 and http://b/?y, done?", "two: http://a and http://b/ done?"),
        ("a question? #1", "a question? #1"),
        ("s3://bucket/a?sig=1", "s3://bucket/a?sig=1"),
    ],
)
def test_http_urls_lose_their_query_and_other_texts_stay(text: str, kept: str) -> None:
    assert cut_url_queries(text) == kept


@given(st.text("abc?#&=/: htps", max_size=60))
def test_no_http_url_keeps_a_query(text: str) -> None:
    cut = cut_url_queries(text)
    assert not re.search(r"https?://[^\s]*[?#]", cut)
    assert cut_url_queries(cut) == cut


def test_names_of_signed_objects_lose_their_query_without_a_scheme_too() -> None:
    assert (
        cut_queries("GET bucket/a.png?sig=SECRET failed: http://h/b?c=SECRET.") == "GET bucket/a.png failed: http://h/b"
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://key:secret@bucket/a?token=secret", "s3://…@bucket/a"),
        ("az://account@host/a", "az://…@host/a"),
        ("s3://bucket/a@b", "s3://bucket/a@b"),
        ("/data/stories", "/data/stories"),
    ],
)
def test_a_url_is_shown_without_credentials(url: str, shown: str) -> None:
    assert hide_credentials(url) == shown
