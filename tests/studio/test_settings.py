from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from stories.api.wire import Storyboard
from studio.settings import PriceModel, StudioAddress, StudioSettings
from studio.work.accounts import eur, eur_text, micro_eur
from tests.doubles.open_studio import AT_SEA, AT_SEA_EUR


def test_settings_survive_the_way_to_a_child_process(tmp_path: Path) -> None:
    settings = StudioSettings(data_directory=tmp_path, port=0, price=PriceModel(scene_eur=Decimal("0.123456")))
    assert StudioSettings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 65536),
        ("slots", 0),
        ("queue", 0),
        ("seconds_per_scene", -1),
        ("url_lifetime_seconds", 3601),
        ("starting_balance_eur", "-1"),
        ("starting_balance_eur", "0.0000001"),
        ("picture_size", [768, 5000]),
        ("image_origin", "http://images/with-a-path"),
        ("answers", "neither"),
        ("sped", 1),
    ],
)
def test_a_setting_out_of_bounds_is_refused_by_name(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        StudioSettings.model_validate({"data_directory": tmp_path, name: value})


def test_an_address_does_not_show_its_key() -> None:
    assert "dpct_dev_secret" not in repr(StudioAddress("http://127.0.0.1:1", "dpct_dev_secret"))


def test_a_story_costs_its_scenes_and_its_references() -> None:
    assert PriceModel().story_eur(Storyboard.model_validate(AT_SEA)) == AT_SEA_EUR


@pytest.mark.parametrize(
    ("micro", "text"), [(0, "0.00"), (100_000, "0.10"), (99_900_000, "99.90"), (1, "0.000001"), (1_234_567, "1.234567")]
)
def test_money_is_written_exactly_and_reads_back(micro: int, text: str) -> None:
    assert eur_text(micro) == text
    assert micro_eur(Decimal(text)) == micro
    assert eur(micro) == Decimal(text)
