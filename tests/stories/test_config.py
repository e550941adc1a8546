"""The config of a run: the checks that only make sense for a run, and the one answer to "is it this machine?"."""

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from configs.loading import load_config
from stories.config import RunConfig, require_sendable
from stories.errors import ConfigurationError
from stories.net import is_on_this_machine

KEY = "dpct_dev_canary-0123456789abcdef"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "DEPICTA_API_KEY": KEY}


def checked(environment: dict[str, str]) -> RunConfig:
    return require_sendable(load_config(environment=environment))


def test_without_a_key_nothing_begins(environment: dict[str, str]) -> None:
    del environment["DEPICTA_API_KEY"]
    with pytest.raises(ConfigurationError, match="no API key: set DEPICTA_API_KEY, or try it without one: --studio"):
        checked(environment)


def test_a_key_from_elsewhere_is_taken(environment: dict[str, str]) -> None:
    del environment["DEPICTA_API_KEY"]
    config = load_config(environment=environment | {"DEPICTA_API_URL": "http://127.0.0.1:8787"})
    other = SecretStr("dpct_dev_from-a-block")
    assert require_sendable(config.with_key(other)).api.key == other


def test_a_service_off_this_machine_needs_a_cap(environment: dict[str, str]) -> None:
    with pytest.raises(
        ConfigurationError, match=r"no cost cap for https://api\.depicta\.ai: .*--max-cost-eur.*--no-cap"
    ):
        checked(environment)
    assert checked(environment | {"DEPICTA_MONEY_MAX_COST_EUR": "25"}).money.cap_eur == Decimal(25)
    of_the_target = checked(environment | {"DEPICTA_MONEY_MAX_COST_EUR_TOTAL": "90"}).money
    assert (of_the_target.cap_eur, of_the_target.max_cost_eur_total) == (None, Decimal(90))
    assert checked(environment | {"DEPICTA_MONEY_NO_CAP": "true"}).money.cap_eur is None


@pytest.mark.parametrize("url", ["http://localhost:8787", "http://studio.localhost:8000"])
def test_a_studio_on_this_machine_needs_none(environment: dict[str, str], url: str) -> None:
    assert checked(environment | {"DEPICTA_API_URL": url}).money.cap_eur is None


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8787", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8787", True),
        ("http://localhost", True),
        ("http://studio.localhost:8000", True),
        ("http://STUDIO.localhost", True),
        ("https://api.depicta.ai", False),
        ("https://localhost.example", False),
        ("https://127.0.0.1.example", False),
        ("http://[::1", False),
        ("http://", False),
        ("", False),
    ],
)
def test_only_loopback_is_this_machine(url: str, here: bool) -> None:
    assert is_on_this_machine(url) is here


def test_a_config_shows_the_key_in_no_form(environment: dict[str, str]) -> None:
    made = checked(environment | {"DEPICTA_MONEY_MAX_COST_EUR": "25"})
    assert KEY not in f"{made!r} {made} {made.model_dump()} {made.model_dump_json()}"
