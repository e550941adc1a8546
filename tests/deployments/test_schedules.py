"""Schedules on a real server: a run of `nightly` is scheduled, and a schedule that is due fires and delivers."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse

from tests.doubles.prefect_house import SOCKETS_OF_PREFECT, RunningHouse, wait_until

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings(SOCKETS_OF_PREFECT),
]

DUE_IN_SECONDS = 15.0
"""When the command has made the schedule and the server's scheduler has seen it; if not, it is due a minute later."""
FIRES_WITHIN_SECONDS = 120.0


def test_a_run_of_nightly_is_scheduled_for_three_at_night(client: SyncPrefectClient) -> None:
    """The server's own scheduler makes the run: an active schedule alone says nothing."""
    wait_until(lambda: bool(runs_of(client, "nightly")))
    (first, *_) = runs_of(client, "nightly")
    assert first.state is not None
    assert first.state.is_scheduled()
    assert first.expected_start_time is not None
    assert (first.expected_start_time.hour, first.expected_start_time.minute) == (3, 0)
    assert first.expected_start_time > datetime.now(UTC)


def test_a_schedule_that_falls_due_fires_through_the_worker_and_delivers(
    house: RunningHouse, client: SyncPrefectClient
) -> None:
    boards = house.directory / "work/nightly"
    boards.mkdir()
    (boards / "fox.json").write_text(json.dumps({"title": "Fox", "scenes": [{"prompt": "a fox at night"}]}))
    asked_at = datetime.now(UTC)
    due = (asked_at + timedelta(seconds=DUE_IN_SECONDS)).isoformat()
    every_minute = ("--interval", "60", "--anchor-date", due)
    house.prefect("deployment", "schedule", "create", "produce-stories/nightly", *every_minute)
    wait_until(lambda: bool(completed(client)), FIRES_WITHIN_SECONDS)
    run = completed(client)[0]
    assert run.auto_scheduled
    assert run.expected_start_time is not None
    assert asked_at < run.expected_start_time < datetime.now(UTC)
    assert len(list((house.directory / "work/nightly-out/images").glob("*/scene-01.png"))) == 1


def completed(client: SyncPrefectClient) -> list[FlowRun]:
    return [run for run in runs_of(client, "nightly") if run.state is not None and run.state.is_completed()]


def runs_of(client: SyncPrefectClient, name: str) -> list[FlowRun]:
    """Runs of the deployment `name`, the next first."""
    deployment: DeploymentResponse = client.read_deployment_by_name(f"produce-stories/{name}")
    only = DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id]))
    return sorted(client.read_flow_runs(deployment_filter=only), key=lambda run: str(run.expected_start_time))
