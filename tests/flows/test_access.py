"""The key of a worker that has none in its environment."""

import pytest
from prefect.blocks.system import Secret

from stories.errors import ConfigurationError
from tests.doubles.flow_runs import House
from tests.doubles.prefect_house import SOCKETS_OF_PREFECT

pytestmark = pytest.mark.filterwarnings(SOCKETS_OF_PREFECT)


def test_the_key_is_read_from_the_secret_block_that_is_named(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    Secret(value=house.studio.key).save("depicta-api-key")
    monkeypatch.delenv("DEPICTA_API_KEY")
    monkeypatch.setenv("DEPICTA_API_KEY_BLOCK", "depicta-api-key")
    house.write("a mole with a lamp")
    assert house.run().counts.completed == 1


def test_a_secret_block_that_is_not_there_is_named(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEPICTA_API_KEY")
    monkeypatch.setenv("DEPICTA_API_KEY_BLOCK", "no-such-block")
    house.write("a mole with a lamp")
    with pytest.raises(
        ConfigurationError, match=r"^api\.key_block: the Prefect server has no Secret block 'no-such-block'"
    ):
        house.run()


def test_a_key_of_the_environment_needs_no_block(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPICTA_API_KEY_BLOCK", "no-such-block")
    house.write("a mole with a lantern")
    assert house.run().counts.completed == 1
