"""Where a setting comes from, which place wins, and what is said when a value is wrong."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from configs.loading import load_config, variables_of, vendor_config_path
from configs.options import SETTING_OF_OPTION, RunOptions
from stories.api.wire import ImageFormat
from stories.config import SECTIONS, VENDOR_API_URL, VENDOR_IMAGE_HOST, DoubtPolicy, RunConfig
from stories.errors import ConfigurationError

KEY = "dpct_dev_canary-0123456789abcdef"

# For every setting a value that is not its default: as a variable holds it, and as it is then read.
VALUES: dict[tuple[str, str], tuple[str, object]] = {
    ("api", "url"): ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
    ("api", "key"): (KEY, SecretStr(KEY)),
    ("api", "key_block"): ("depicta-key", "depicta-key"),
    ("api", "idempotency_key"): ("false", False),
    ("images", "hosts"): ("a.example, b.example:8443", ("a.example", "b.example:8443")),
    ("images", "formats"): ("png,jpg,webp,png", (ImageFormat.PNG, ImageFormat.JPEG, ImageFormat.WEBP)),
    ("images", "references"): ("0", False),
    ("images", "downloads"): ("3", 3),
    ("images", "likeness"): ("embeddings.clip:Clip", "embeddings.clip:Clip"),
    ("images", "low_char_similarity"): ("0.3", 0.3),
    ("storyboards", "samples"): ("4", 4),
    ("storyboards", "column"): ("board", "board"),
    ("pace", "in_flight"): ("17", 17),
    ("pace", "submits_per_second"): ("0.5", 0.5),
    ("pace", "shared_limit"): ("depicta", "depicta"),
    ("money", "max_cost_eur"): ("12.50", Decimal("12.50")),
    ("money", "max_cost_eur_total"): ("99.9", Decimal("99.9")),
    ("money", "no_cap"): ("true", True),
    ("money", "price_per_image_eur"): ("0.2", Decimal("0.2")),
    ("ledger", "doubt_policy"): ("resubmit_after_confirm", DoubtPolicy.RESUBMIT_AFTER_CONFIRM),
    ("ledger", "account_exclusive"): ("false", False),
    ("ledger", "settling_seconds"): ("1200", 1200.0),
    ("ledger", "listing_cap"): ("100", 100),
    ("poll", "window_seconds"): ("30", 30.0),
    ("poll", "interval_seconds"): ("0.25", 0.25),
    ("poll", "deadline_seconds"): ("60", 60.0),
    ("poll", "lost_after_seconds"): ("0", 0.0),
    ("dataset", "commit_stories"): ("5", 5),
    ("dataset", "commit_seconds"): ("7", 7.0),
    ("dataset", "shard_stories"): ("9", 9),
}


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of a user with an empty home."""
    return {"HOME": str(tmp_path)}


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text("pace: {in_flight: 20}\n")
    return path


def write_vendor_config(environment: dict[str, str], content: object) -> Path:
    path = vendor_config_path(environment)
    path.parent.mkdir(parents=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def setting(settings: RunConfig, section: str, name: str) -> object:
    return getattr(getattr(settings, section), name)


def test_the_defaults_are_the_vendors_service_without_a_key(home: dict[str, str]) -> None:
    settings = load_config(environment=home)
    assert settings.api.url == VENDOR_API_URL
    assert settings.api.key is None
    assert settings.images.hosts == (VENDOR_IMAGE_HOST,)
    assert settings.state_directory == Path(home["HOME"]) / ".local/state/depicta"


def test_the_table_of_this_test_names_every_setting() -> None:
    assert set(VALUES) == {(section, name) for section, kind in SECTIONS.items() for name in kind.model_fields}


@pytest.mark.parametrize(("section", "name"), VALUES)
def test_every_setting_has_an_environment_variable(section: str, name: str, home: dict[str, str]) -> None:
    text, value = VALUES[section, name]
    assert setting(load_config(environment=home), section, name) != value
    variables = variables_of(section, name)
    assert variables[0] == f"DEPICTA_{section.upper()}_{name.upper()}"
    for variable in variables:
        assert setting(load_config(environment=home | {variable: text}), section, name) == value


def test_the_hosts_of_images_have_the_vendors_shorter_name_too() -> None:
    assert variables_of("images", "hosts") == ("DEPICTA_IMAGES_HOSTS", "DEPICTA_IMAGE_HOSTS")


def test_an_empty_variable_is_one_that_is_not_set(home: dict[str, str]) -> None:
    assert load_config(environment=home | {"DEPICTA_API_URL": "", "DEPICTA_PROFILE": ""}).api.url == VENDOR_API_URL


def test_options_beat_the_environment_which_beats_the_profile(home: dict[str, str], profile: Path) -> None:
    """One place after the other is added, from the lowest up."""
    assert load_config(environment=home).pace.in_flight == 4
    home["DEPICTA_PROFILE"] = str(profile)
    assert load_config(environment=home).pace.in_flight == 20
    home["DEPICTA_PACE_IN_FLIGHT"] = "30"
    assert load_config(environment=home).pace.in_flight == 30
    assert load_config(RunOptions(in_flight=40), home).pace.in_flight == 40


def test_a_profile_beats_the_vendors_config_file_which_beats_the_defaults(home: dict[str, str], profile: Path) -> None:
    write_vendor_config(home, {"api_url": "https://vendor.example", "api_key": KEY, "theme": "dark"})
    settings = load_config(environment=home)
    assert (settings.api.url, settings.api.key) == ("https://vendor.example", SecretStr(KEY))
    profile.write_text("api: {url: https://profile.example}")
    settings = load_config(RunOptions(profile=str(profile)), home)
    assert (settings.api.url, settings.api.key) == ("https://profile.example", SecretStr(KEY))


def test_the_profile_of_the_options_replaces_that_of_the_environment(home: dict[str, str], profile: Path) -> None:
    home["DEPICTA_PROFILE"] = "studio"
    settings = load_config(RunOptions(profile=str(profile)), home)
    assert (settings.pace.in_flight, settings.poll.interval_seconds) == (20, 3)


def test_every_option_is_a_setting_and_none_is_the_key() -> None:
    assert set(SETTING_OF_OPTION) == set(RunOptions.model_fields) - {"profile", "retry_failed"}
    assert set(SETTING_OF_OPTION.values()) <= set(VALUES)
    assert not {section for section, _ in SETTING_OF_OPTION.values()} & {"api"}


def test_a_cap_and_no_cap_displace_each_other_and_the_higher_place_decides(home: dict[str, str], profile: Path) -> None:
    profile.write_text("money: {max_cost_eur: 250}")
    home["DEPICTA_PROFILE"] = str(profile)
    lifted = load_config(RunOptions(no_cap=True), home).money
    assert (lifted.max_cost_eur, lifted.no_cap) == (None, True)
    home["DEPICTA_MONEY_NO_CAP"] = "yes"
    capped = load_config(RunOptions(max_cost_eur=Decimal(5)), home).money
    assert (capped.max_cost_eur, capped.no_cap) == (Decimal(5), False)
    home["DEPICTA_MONEY_NO_CAP"] = "false"
    assert load_config(environment=home).money.max_cost_eur == 250


def test_a_cap_and_no_cap_in_one_place_are_refused(home: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"max_cost_eur in .* and money.no_cap in .* contradict each other"):
        load_config(RunOptions(no_cap=True, max_cost_eur=Decimal(5)), home)


@pytest.mark.parametrize(
    ("variable", "text", "words"),
    [
        ("DEPICTA_PACE_IN_FLIGHT", "0", "pace.in_flight: input should be greater than or equal to 1"),
        ("DEPICTA_PACE_IN_FLIGHT", "many", "pace.in_flight: input should be a valid integer"),
        ("DEPICTA_IMAGES_FORMATS", "png,gif", "images.formats: input should be 'png', 'jpeg' or 'webp'"),
        ("DEPICTA_IMAGES_FORMATS", ",", "images.formats: tuple should have at least 1 item"),
        ("DEPICTA_MONEY_MAX_COST_EUR", "ten", "money.max_cost_eur: input should be a valid decimal"),
        ("DEPICTA_MONEY_MAX_COST_EUR", "NaN", "money.max_cost_eur: input should be a finite number"),
    ],
)
def test_a_wrong_value_is_told_with_its_setting_and_its_variable(
    variable: str, text: str, words: str, home: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load_config(environment=home | {variable: text})
    assert str(raised.value).startswith(words)
    assert str(raised.value).endswith(f"; correct it in the environment variable {variable}")


def test_a_wrong_value_is_told_with_the_file_that_it_stands_in(home: dict[str, str], profile: Path) -> None:
    profile.write_text("pace: {in_flight: fast}")
    with pytest.raises(ConfigurationError, match=rf"pace.in_flight: .*; correct it in {profile}"):
        load_config(RunOptions(profile=str(profile)), home)
    path = write_vendor_config(home, {"api_key": {"value": KEY}})
    with pytest.raises(ConfigurationError, match=rf"api.key: .*; correct it in {path}") as raised:
        load_config(environment=home)
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("content", ["not json", '{"api_key": ', "[]", '"text"', "[" * 100_000])
def test_a_vendor_config_that_is_no_json_object_is_named(content: str, home: dict[str, str]) -> None:
    path = write_vendor_config(home, content)
    with pytest.raises(ConfigurationError, match=rf"^{path}: .*; correct or remove the file"):
        load_config(environment=home)


def test_the_key_shows_in_no_form_of_the_settings(home: dict[str, str]) -> None:
    settings = load_config(environment=home | {"DEPICTA_API_KEY": KEY})
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {settings.api!r}"
    assert KEY not in shown
    assert settings.api.key == SecretStr(KEY)


def test_the_state_directory_is_absolute_wherever_it_was_named(home: dict[str, str], tmp_path: Path) -> None:
    named = load_config(environment=home | {"DEPICTA_STATE_DIRECTORY": "state"}).state_directory
    assert named == Path.cwd() / "state"
    xdg = load_config(environment=home | {"XDG_STATE_HOME": str(tmp_path / "xdg")}).state_directory
    assert xdg == tmp_path / "xdg" / "depicta"
