import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stories.text import slug, unique_slugs


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
    assert slug(name) == expected


def test_names_that_collide_are_numbered_in_order() -> None:
    assert unique_slugs(["Cat", "cat!", "CAT", "cat-2", "dog"]) == ["cat", "cat-2", "cat-3", "cat-2-2", "dog"]
    assert unique_slugs(["cat-2", "cat", "cat"]) == ["cat-2", "cat", "cat-3"]


@given(st.lists(st.text(max_size=120), max_size=12))
def test_slugs_are_safe_short_and_unique_for_any_names(names: list[str]) -> None:
    slugs = unique_slugs(names)
    assert len(set(slugs)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_-]{1,100}", one) for one in slugs)
