import pytest

from stories.storage.keys import check_key


@pytest.mark.parametrize(
    "key",
    [
        "README.md",
        "_meta/ledger/items/0f3a/1.intent",
        "manifest/images/dt=2026-11-23/part-1.parquet",
        "images/0f/character-mia-0a1b2c3d.png",
        "...",
        "x" * 900,
    ],
)
def test_the_keys_of_the_dataset_are_fine(key: str) -> None:
    check_key(key)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/./b",
        "../a",
        "a/..",
        "a b",
        "ä",
        "a\n",
        "a\x00",
        "a*",
        "a\\b",
        "a?b",
        "a:b",
    ],
)
def test_keys_that_some_file_system_would_change_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="the key"):
        check_key(key)


@pytest.mark.parametrize("key", ["a[1]", "a#1", "a%2fb", "~", "a@b", "x" * 901])
def test_keys_that_some_file_system_or_url_would_change_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="the key"):
        check_key(key)
