"""Which URLs of an answer are fetched: the table of bad URLs, and what each host of the list allows."""

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from pydantic import SecretStr

from stories.api.access import ApiAccess
from stories.api.image_hosts import ImageHosts, refuse_address, url_expiry
from stories.errors import ConfigurationError, ImageRefused

KEY = SecretStr("dpct_live_0123456789")
VENDOR = ImageHosts.of(ApiAccess("https://api.depicta.ai", KEY))
STUDIO = ImageHosts.of(ApiAccess("http://127.0.0.1:8000", KEY), ("localhost:8001", "[::1]:8002", "cdn.example:444"))


@pytest.mark.parametrize(
    "url",
    [
        "https://images.depicta.ai/a/b.png",
        "https://images.depicta.ai/a/b.png?exp=1&sig=x",
        "https://images.depicta.ai:443/a.png",
        "HTTPS://IMAGES.Depicta.AI/a.png",
        "https://api.depicta.ai/images/a.png",
    ],
)
def test_the_vendors_images_are_fetched(url: str) -> None:
    assert str(VENDOR.checked(url)).startswith("https://")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "images/a.png",
        "/images/a.png",
        "//images.depicta.ai/a.png",
        "https:///a.png",
        "https:images.depicta.ai/a.png",
        "http://images.depicta.ai/a.png",
        "file:///etc/passwd",
        "ftp://images.depicta.ai/a.png",
        "data:image/png;base64,AAAA",
        "gopher://images.depicta.ai/",
        "https://user:canary@images.depicta.ai/a.png",
        "https://canary@images.depicta.ai/a.png",
        "https://127.0.0.1/a.png",
        "https://[::1]/a.png",
        "https://0.0.0.0/a.png",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/a.png",
        "https://2130706433/a.png",
        "https://0177.0.0.1/a.png",
        "https://0x7f.1/a.png",
        "https://[::ffff:127.0.0.1]/a.png",
        "https://images.depicta.ai:22/a.png",
        "https://images.depicta.ai:80/a.png",
        "https://images.depicta.ai:99999/a.png",
        "https://images.depicta.ai./a.png",
        "https://images.depicta.ai.evil.example/a.png",
        "https://evil.example/images.depicta.ai/a.png",
        "https://evil.example\\@images.depicta.ai/a.png",
        "https://images.depicta.ai\\.evil.example/a.png",
        "https://images.depicta.ai%2eevil.example/a.png",
        "https://imаges.depicta.ai/a.png",  # a Cyrillic а
        "https://images。depicta。ai.evil.example/a.png",
        "https://images.depicta.ai/" + "a" * 8192,
        "https://images.depicta.ai/a\r\nHost: evil.example",
    ],
)
def test_every_other_url_is_refused_and_its_secrets_are_not_shown(url: str) -> None:
    with pytest.raises(ImageRefused) as caught:
        VENDOR.checked(url)
    assert caught.value.reason == "url"
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/images/a.png",
        "https://127.0.0.1:8000/images/a.png",
        "http://localhost:8001/a.png",
        "http://[::1]:8002/a.png",
        "https://cdn.example:444/a.png",
    ],
)
def test_hosts_and_ports_of_the_list_are_fetched(url: str) -> None:
    assert str(STUDIO.checked(url)) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8001/a.png",
        "http://127.0.0.2:8000/a.png",
        "http://localhost:8000/a.png",
        "http://localhost/a.png",
        "http://cdn.example:444/a.png",
        "https://cdn.example/a.png",
        "https://images.depicta.ai/a.png",
    ],
)
def test_another_port_or_host_is_not_on_the_list(url: str) -> None:
    with pytest.raises(ImageRefused):
        STUDIO.checked(url)


@pytest.mark.parametrize(
    "name", ["", "https://cdn.example", "cdn.example/images", "a@cdn.example", "cdn.example#x", "*:x"]
)
def test_an_entry_that_is_no_host_is_a_wrong_setting(name: str) -> None:
    with pytest.raises(ConfigurationError, match="image host"):
        ImageHosts.of(ApiAccess("https://api.depicta.ai", KEY), (name,))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - refused
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
    ],
)
def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    with pytest.raises(ImageRefused) as caught:
        refuse_address("images.depicta.ai", ip_address(address))
    assert caught.value.reason == "address"


def test_a_name_may_lead_into_the_internet_and_a_loopback_name_to_this_machine() -> None:
    refuse_address("images.depicta.ai", ip_address("93.184.215.14"))
    refuse_address("images.depicta.ai", ip_address("2606:2800:21f:cb07:6820:80da:af6b:8b2c"))
    refuse_address("localhost", ip_address("::1"))
    with pytest.raises(ImageRefused):
        refuse_address("localhost", ip_address("93.184.215.14"))


@pytest.mark.parametrize(
    ("query", "expiry"),
    [
        ("exp=1767355200&sig=x", datetime(2026, 1, 2, 12, tzinfo=UTC)),
        ("Expires=1767355200&Signature=x", datetime(2026, 1, 2, 12, tzinfo=UTC)),
        ("expires=1767355200", datetime(2026, 1, 2, 12, tzinfo=UTC)),
        ("X-Amz-Date=20260102T110000Z&X-Amz-Expires=3600", datetime(2026, 1, 2, 12, tzinfo=UTC)),
        ("", None),
        ("sig=x", None),
        ("exp=soon", None),
        ("exp=1e99", None),
        ("exp=" + "9" * 30, None),
        ("exp=" + "9" * 5000, None),
        ("X-Amz-Expires=3600", None),
        ("X-Amz-Date=20260102T110000Z&X-Amz-Expires=" + "9" * 30, None),
    ],
)
def test_the_end_of_a_signed_url_is_read_where_it_is_told(query: str, expiry: datetime | None) -> None:
    assert url_expiry(f"https://images.depicta.ai/a.png?{query}") == expiry


def test_what_is_no_url_has_no_end() -> None:
    assert url_expiry("https://images.depicta.ai:port/?exp=1767355200") is None
