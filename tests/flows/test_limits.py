"""The slots that runs on one account share: leased for the run, given back after it, and never simply not there."""

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate

from configs.options import RunOptions
from stories.errors import ConfigurationError
from tests.doubles.flow_runs import House
from tests.doubles.prefect_house import SOCKETS_OF_PREFECT

pytestmark = pytest.mark.filterwarnings(SOCKETS_OF_PREFECT)


def make_limit(client: SyncPrefectClient, name: str, slots: int) -> None:
    client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=name, limit=slots))


def active_slots(client: SyncPrefectClient, name: str) -> int:
    return client.read_global_concurrency_limit_by_name(name).active_slots


def test_the_slots_are_leased_during_the_run_and_free_after_it(house: House, prefect_client: SyncPrefectClient) -> None:
    make_limit(prefect_client, "account", 5)
    house.write("a stork on a chimney")
    leased: set[int] = set()
    options = RunOptions(in_flight=3, shared_limit="account")
    summary = house.run(options, on_progress=lambda _progress: leased.add(active_slots(prefect_client, "account")))
    assert summary.counts.completed == 1
    assert leased == {3}
    assert active_slots(prefect_client, "account") == 0


@pytest.mark.parametrize(("name", "slots"), [("nobodys-limit", None), ("small-limit", 2)])
def test_a_limit_that_is_not_there_or_too_small_ends_the_run_before_anything_is_sent(
    name: str, slots: int | None, house: House, prefect_client: SyncPrefectClient
) -> None:
    """Prefect itself would run without a limit that it does not know."""
    if slots is not None:
        make_limit(prefect_client, name, slots)
    house.write("a gull on a mast")
    posts = len(house.studio.posts())
    with pytest.raises(ConfigurationError) as raised:
        house.run(RunOptions(in_flight=3, shared_limit=name))
    assert str(raised.value).startswith(
        f"pace.shared_limit: cannot lease 3 slots of the global concurrency limit '{name}'"
    )
    for command in ("create", "update"):
        assert f"`prefect global-concurrency-limit {command} {name} --limit N`" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(house.studio.posts()) == posts
