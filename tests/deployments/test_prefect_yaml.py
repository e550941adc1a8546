"""The deployments as a data team uses them: a server, a worker, a run, and what its page shows."""

import fcntl
import json
import time
from pathlib import Path

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterParentFlowRunId,
)
from prefect.client.schemas.objects import FlowRun, TaskRun

from tests.doubles.prefect_house import SOCKETS_OF_PREFECT, RunningHouse, wait_until
from tests.doubles.running_studio import KEY

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings(SOCKETS_OF_PREFECT),
]

ENDS_WITHIN_SECONDS = 10.0


@pytest.fixture(scope="module")
def run(house: RunningHouse, client: SyncPrefectClient) -> FlowRun:
    """One run of `on-demand` over two storyboards that are drawn and one that is not, into a relative target."""
    boards = [{"title": name, "scenes": [{"prompt": f"{name} {n}"} for n in range(2)]} for name in ("Fox", "Owl")]
    boards.append({"title": "Storm", "scenes": [{"prompt": "waves [[fail]]"}]})
    source = house.directory / "work" / "boards.jsonl"
    source.write_text("\n".join(json.dumps(board) for board in boards))
    parameters = ("-p", "source=boards.jsonl", "-p", "target=out", "-p", 'options={"profile": "studio"}')
    told = house.prefect("deployment", "run", "produce-stories/on-demand", *parameters, "--watch")
    assert "Completed" in told
    return next(run for run in client.read_flow_runs() if run.parameters.get("source") == "boards.jsonl")


def test_the_run_is_completed_and_its_dataset_lies_where_the_worker_was_started(
    house: RunningHouse, run: FlowRun
) -> None:
    assert run.state is not None
    assert run.state.is_completed()
    assert run.parameters == {"source": "boards.jsonl", "target": "out", "options": {"profile": "studio"}}
    assert len(list((house.directory / "work/out/images").glob("*/scene-*.png"))) == 4


def test_every_story_has_a_task_run_for_each_step_and_polls_that_were_retried(
    client: SyncPrefectClient, run: FlowRun
) -> None:
    (shard,) = children(client, run)
    assert shard.state is not None
    assert shard.state.is_completed()
    tasks = task_runs(client, shard)
    steps = {step: [task for task in tasks if task.name.startswith(f"{step} ")] for step in ("submit", "poll", "save")}
    assert {step: len(found) for step, found in steps.items()} == {"submit": 3, "poll": 3, "save": 2}
    assert all(task.run_count == 1 for task in steps["submit"])
    assert max(task.run_count for task in steps["poll"]) > 1
    assert all(task.state is not None and task.state.is_completed() for task in tasks)


def test_the_page_shows_progress_summary_and_troubles(client: SyncPrefectClient, run: FlowRun) -> None:
    (shard,) = children(client, run)
    assert artifacts(client, shard)["progress"] == 100
    shown = artifacts(client, run)
    assert str(shown["summary"]).startswith("# 2 stories, 4 images")
    (trouble,) = json.loads(str(shown["troubles"]))
    assert (trouble["outcome"], trouble["reason"]) == ("failed", "failed_at_service")
    assert trouble["label"].startswith("storm ")


def test_nothing_that_the_server_and_the_worker_keep_holds_the_key(house: RunningHouse, run: FlowRun) -> None:
    """Parameters, states, logs, artifacts and events are all in the database; the worker's log is beside it."""
    kept = dict(house.kept_bytes())
    assert b"boards.jsonl" in kept["prefect.db"] + kept["prefect.db-wal"]
    assert [name for name, content in kept.items() if KEY.encode() in content] == []


def test_a_run_that_is_cancelled_ends_in_order_and_the_next_one_polls_what_it_sent(
    house: RunningHouse, client: SyncPrefectClient
) -> None:
    """Cancelled while its story is drawn: the process ends by itself, not by the worker's kill half a minute later."""
    board = {"scenes": [{"prompt": f"a heron, {number}"} for number in range(6)]}
    (house.directory / "work/heron.json").write_text(json.dumps(board))
    parameters = ("-p", "source=heron.json", "-p", "target=herons", "-p", 'options={"profile": "studio"}')
    house.prefect("deployment", "run", "produce-stories/on-demand", *parameters)
    items = house.directory / "work/herons/_meta/ledger/items"
    wait_until(lambda: any(items.rglob("1.job")))
    run = next(run for run in client.read_flow_runs() if run.parameters.get("source") == "heron.json")
    house.prefect("flow-run", "cancel", str(run.id))
    told = time.monotonic()
    spools = house.directory / "state/spool"
    wait_until(lambda: not any(is_locked(path) for path in spools.rglob("*.spool")))
    assert time.monotonic() - told < ENDS_WITHIN_SECONDS
    wait_until(lambda: is_cancelled(client, run))
    assert "Completed" in house.prefect("deployment", "run", "produce-stories/on-demand", *parameters, "--watch")
    assert sorted(path.suffix for path in items.rglob("*.*")) == [".intent", ".job"]
    assert len(list((house.directory / "work/herons/images").glob("*/scene-*.png"))) == 6


def test_the_nightly_deployment_has_its_schedule_and_takes_its_places_from_the_environment(
    house: RunningHouse, client: SyncPrefectClient
) -> None:
    nightly = client.read_deployment_by_name("produce-stories/nightly")
    (schedule,) = nightly.schedules
    assert (schedule.schedule.cron, schedule.schedule.timezone, schedule.active) == ("0 3 * * *", "UTC", True)
    assert nightly.parameters == {
        "source": "nightly/*.json",
        "target": "nightly-out",
        "options": {"profile": "nightly"},
    }
    assert str(Path.home()) not in nightly.model_dump_json()


def is_locked(spool: Path) -> bool:
    """Whether the process that writes this spool lives."""
    with spool.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def is_cancelled(client: SyncPrefectClient, run: FlowRun) -> bool:
    state = client.read_flow_run(run.id).state
    return state is not None and state.is_cancelled()


def children(client: SyncPrefectClient, run: FlowRun) -> list[FlowRun]:
    parent = FlowRunFilterParentFlowRunId(any_=[run.id])
    return client.read_flow_runs(flow_run_filter=FlowRunFilter(parent_flow_run_id=parent))


def task_runs(client: SyncPrefectClient, run: FlowRun) -> list[TaskRun]:
    return client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))


def artifacts(client: SyncPrefectClient, run: FlowRun) -> dict[str | None, object]:
    of_the_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]))
    return {artifact.key: artifact.data for artifact in client.read_artifacts(artifact_filter=of_the_run)}
