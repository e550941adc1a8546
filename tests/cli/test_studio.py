"""`depicta studio serve`: its options are the settings of the studio, under the names that people type."""

import inspect
from pathlib import Path

import pytest

from cli.studio import serve
from studio.settings import StudioSettings
from tests.doubles.commands import depicta

OTHER_NAMES = {"balance_eur": "starting_balance_eur", "url_seconds": "url_lifetime_seconds"}
NOT_SETTINGS = {"data_dir", "key", "fault", "as_json"}


def test_an_option_that_is_not_given_leaves_the_setting_as_it_is() -> None:
    parameters = inspect.signature(serve).parameters.values()
    offered = {OTHER_NAMES.get(it.name, it.name): it.default for it in parameters if it.name not in NOT_SETTINGS}
    fields = StudioSettings.model_fields
    assert offered == {name: fields[name].default for name in offered}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--url-seconds", "7200"], "--url-seconds 7200"),
        (["--key", "dpct_live_0123456789"], "a studio's key is dpct_dev_"),
    ],
)
def test_a_setting_out_of_bounds_is_named_as_it_was_typed(tmp_path: Path, arguments: list[str], said: str) -> None:
    finished = depicta(["studio", "serve", "--port", "0", "--data-dir", tmp_path, *arguments], {})
    assert finished.code == 1
    assert said in finished.err
    assert "0123456789" not in finished.err
