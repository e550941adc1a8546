"""A key goes to one place, over https, or it goes nowhere."""

import pytest
from pydantic import SecretStr

from stories.api.access import ApiAccess
from stories.config import VENDOR_API_URL
from stories.errors import ConfigurationError
from stories.net import is_loopback_host

KEY = SecretStr("dpct_live_0123456789")


@pytest.mark.parametrize(
    ("given", "base"),
    [
        (VENDOR_API_URL, VENDOR_API_URL),
        ("https://api.depicta.ai/", "https://api.depicta.ai"),
        ("https://API.Depicta.AI:443//gateway//stories/", "https://api.depicta.ai/gateway/stories"),
        ("https://api.depicta.ai/a/../b", "https://api.depicta.ai/b"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://api.localhost", "http://api.localhost"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_a_base_url_has_one_spelling(given: str, base: str) -> None:
    assert ApiAccess(given, KEY).base_url == base


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "scheme"),
        ("api.depicta.ai", "scheme"),
        ("ftp://api.depicta.ai", "scheme"),
        ("https://", "scheme"),
        ("https://api.depicta.ai:port", "not a URL"),
        ("https://api.depicta.ai\n", "not a URL"),
        ("http://api.depicta.ai", "https"),
        ("http://192.168.1.4:8000", "https"),
        ("http://0.0.0.0:8000", "https"),
        ("http://2130706433:8000", "https"),
        ("http://localhost.depicta.ai", "https"),
        ("https://somebody:secret@api.depicta.ai", "credentials"),
        ("https://api.depicta.ai\\@elsewhere.example", "credentials"),
        ("https://api.depicta.ai?x=1", "query"),
        ("https://api.depicta.ai?", "query"),
        ("https://api.depicta.ai#x", "fragment"),
        ("https://dpct_live_0123456789@api.depicta.ai", "contains a key"),
        ("https://api.depicta.ai/DPCT_other", "contains a key"),
    ],
)
def test_a_base_url_that_could_lose_the_key_is_refused(url: str, word: str) -> None:
    with pytest.raises(ConfigurationError, match=word) as caught:
        ApiAccess(url, KEY)
    assert "secret" not in str(caught.value)
    assert KEY.get_secret_value() not in str(caught.value)


@pytest.mark.parametrize(
    "key", ["short", "dpct_two words", "dpct_line\nend", "'dpct_quoted'", '"dpct_quoted"', "dpct_ключключ", "x" * 513]
)
def test_a_key_that_cannot_stand_in_a_header_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ConfigurationError, match="DEPICTA_API_KEY") as caught:
        ApiAccess(VENDOR_API_URL, SecretStr(key))
    assert key not in str(caught.value)


def test_no_key_is_answered_with_the_way_to_try_without_one() -> None:
    with pytest.raises(ConfigurationError, match="--studio"):
        ApiAccess(VENDOR_API_URL, SecretStr(""))


def test_a_studios_key_stays_on_this_machine() -> None:
    key = SecretStr("dpct_dev_0123456789")
    with pytest.raises(ConfigurationError, match="sent to this machine only"):
        ApiAccess(VENDOR_API_URL, key)
    assert ApiAccess("https://127.0.0.2:8000", key).key == key


def test_the_key_shows_in_the_header_and_nowhere_else() -> None:
    access = ApiAccess(VENDOR_API_URL, KEY)
    assert access.headers["Authorization"] == "Bearer dpct_live_0123456789"
    assert "0123456789" not in repr(access)
    assert access.redacted("bad key dpct_live_0123456789!") == "bad key [key]!"
    assert access.redacted_bytes(b'{"key": "dpct_live_0123456789"}') == b'{"key": "[key]"}'


@pytest.mark.parametrize("host", ["localhost", "studio.localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_is_known_without_looking_it_up(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize("host", ["", "localhost.", "notlocalhost", "10.0.0.1", "0.0.0.1", "::", "127.0.0.1.nip.io"])
def test_everything_else_is_not_loopback(host: str) -> None:
    assert not is_loopback_host(host)
