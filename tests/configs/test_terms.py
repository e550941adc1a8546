"""From settings to terms: what a run may not begin without."""

from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from configs.loading import load_settings
from configs.terms import is_on_this_machine, terms_of
from stories.config import Terms
from stories.errors import ConfigurationError

KEY = "dpct_dev_canary-0123456789abcdef"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "DEPICTA_API_KEY": KEY}


def terms(environment: dict[str, str]) -> Terms:
    return terms_of(load_settings(environment=environment))


def test_without_a_key_nothing_begins(environment: dict[str, str]) -> None:
    del environment["DEPICTA_API_KEY"]
    with pytest.raises(ConfigurationError, match="no API key: set DEPICTA_API_KEY, or try it without one: --studio"):
        terms(environment)


def test_a_key_from_elsewhere_is_taken_when_the_settings_have_none(environment: dict[str, str]) -> None:
    environment |= {"DEPICTA_API_URL": "http://127.0.0.1:8787"}
    other = SecretStr("dpct_dev_from-a-block")
    assert terms_of(load_settings(environment=environment), other).api_key == SecretStr(KEY)
    del environment["DEPICTA_API_KEY"]
    assert terms_of(load_settings(environment=environment), other).api_key == other


def test_a_service_off_this_machine_needs_a_cap(environment: dict[str, str]) -> None:
    with pytest.raises(
        ConfigurationError, match=r"no cost cap for https://api\.depicta\.ai: .*--max-cost-eur.*--no-cap"
    ):
        terms(environment)
    assert terms(environment | {"DEPICTA_MONEY_MAX_COST_EUR": "25"}).max_cost_eur == Decimal(25)
    of_the_target = terms(environment | {"DEPICTA_MONEY_MAX_COST_EUR_TOTAL": "90"})
    assert (of_the_target.max_cost_eur, of_the_target.max_cost_eur_total) == (None, Decimal(90))
    assert terms(environment | {"DEPICTA_MONEY_NO_CAP": "true"}).max_cost_eur is None


def test_a_studio_on_this_machine_needs_none(environment: dict[str, str]) -> None:
    assert terms(environment | {"DEPICTA_API_URL": "http://localhost:8787"}).max_cost_eur is None


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8787", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8787", True),
        ("http://localhost", True),
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


def test_terms_show_the_key_in_no_form(environment: dict[str, str]) -> None:
    made = terms(environment | {"DEPICTA_MONEY_MAX_COST_EUR": "25"})
    assert KEY not in f"{made!r} {made}"
    assert KEY not in str([getattr(made, field.name) for field in fields(made)])
