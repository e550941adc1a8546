"""`depicta batch` as people and schedulers run it: real processes, a real service, a real Prefect server."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.doubles.commands import depicta, finish, listing, start
from tests.doubles.forked_commands import ForkedCommands
from tests.doubles.object_store import running_object_store
from tests.doubles.running_studio import RunningStudio, running_studio
from tests.doubles.scripted_server import closed_port

OUTCOMES = ("done_before", "completed", "partial", "failed", "rejected", "held", "in_flight", "not_sent")
FIGURES = {"run_id", "target", "counts", "images", "bytes", "cost_eur", "seconds", "gallery", "qa_flags"}


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[RunningStudio]:
    with running_studio(tmp_path / "studio") as running:
        yield running


@pytest.fixture
def environment(studio: RunningStudio, prefect_api: str, tmp_path: Path) -> dict[str, str]:
    return {
        **studio.environment,
        "PREFECT_API_URL": prefect_api,
        "DEPICTA_STATE_DIRECTORY": str(tmp_path / "state"),
        "DEPICTA_POLL_INTERVAL_SECONDS": "0.2",
    }


def write_storyboards(path: Path, count: int, *, scenes: int = 2, mark: str = "") -> Path:
    """A file of so many different storyboards."""
    boards = [
        {
            "title": f"Story {number}",
            "scenes": [{"prompt": f"Fox {number} walks, {scene}{mark}"} for scene in range(scenes)],
        }
        for number in range(count)
    ]
    path.write_text("\n".join(json.dumps(board) for board in boards))
    return path


def test_a_run_prints_its_figures_and_the_next_one_sends_and_writes_nothing(
    studio: RunningStudio, environment: dict[str, str], forked: ForkedCommands, tmp_path: Path
) -> None:
    """The counts sum up, every story is charged once, and a finished batch is left untouched."""
    source, target = write_storyboards(tmp_path / "boards.jsonl", 6), tmp_path / "out"
    first = depicta(["batch", "run", source, target, "--json", "--format", "png", "--format", "webp"], environment)
    assert first.code == 0, first.err
    figures = first.document
    assert set(figures) == FIGURES
    assert figures["counts"] == {"storyboards": 6, "invalid": 0, "duplicates": 0, "stories": 6} | dict.fromkeys(
        OUTCOMES, 0
    ) | {"completed": 6}
    assert figures["images"] == 6 * 2 * 2
    assert Decimal(figures["cost_eur"]) == Decimal("1.20")
    assert set(studio.charges_per_job().values()) == {1}

    sent, before = studio.accepted(), listing(target)
    second = forked.run(["batch", "run", source, target, "--json"], environment)
    assert second.code == 0, second.err
    assert second.document["counts"]["done_before"] == 6
    assert studio.accepted() == sent == 6
    assert listing(target) == before


def test_a_killed_run_is_finished_by_the_next_one_and_each_story_charged_once(
    studio: RunningStudio, environment: dict[str, str], forked: ForkedCommands, tmp_path: Path
) -> None:
    """Kill -9 in the middle, with jobs at the service and stories saved but not committed."""
    source, target = write_storyboards(tmp_path / "boards.jsonl", 12), tmp_path / "out"
    run = start(["batch", "run", source, target, "--json"], environment)
    deadline = time.monotonic() + 100
    while len(list(target.glob("images/*/story.json"))) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(run.pid, signal.SIGKILL)
    finish(run)
    assert len(list(target.glob("images/*/story.json"))) >= 4
    assert not list(target.glob("manifest/stories/*/*.parquet")), "the run was over before it was killed"

    second = forked.run(["batch", "run", source, target, "--json"], environment)
    counts = second.document["counts"]
    # At most the submits that were under way when the process died can be in doubt; those are held, never sent again.
    assert counts["completed"] + counts["held"] == 12
    assert counts["held"] <= 4
    assert studio.accepted() <= 12
    assert max(studio.charges_per_job().values()) == 1


def test_a_bucket_is_a_target_like_any_other(
    studio: RunningStudio, environment: dict[str, str], forked: ForkedCommands, tmp_path: Path
) -> None:
    """Counts, objects and the second run's silence, on an S3 server."""
    source = write_storyboards(tmp_path / "boards.jsonl", 3)
    with running_object_store() as store:
        bucket = store.new_bucket()
        environment = {**environment, **store.environment}
        first = forked.run(["batch", "run", source, f"s3://{bucket}/set", "--json"], environment)
        assert first.code == 0, first.err
        keys = store.keys(bucket)
        assert sum(key.startswith("set/images/") and key.endswith(".png") for key in keys) == 6
        assert {"set/README.md", "set/metadata.parquet"} <= set(keys)
        second = forked.run(["batch", "run", source, f"s3://{bucket}/set", "--json"], environment)
        assert second.document["counts"]["done_before"] == 3
        assert store.keys(bucket) == keys
        assert studio.accepted() == 3


def test_storyboards_that_are_not_valid_leave_the_others_to_run(
    environment: dict[str, str], forked: ForkedCommands, tmp_path: Path
) -> None:
    """Exit 6, every storyboard under one count, and each problem with its line, field and fix."""
    source = tmp_path / "boards.jsonl"
    source.write_text('{"title": "x"}\nnot json\n{"scenes": [{"prompt": " "}]}\n{"scenes": [{"prompt": "A fox."}]}\n')
    run = forked.run(["batch", "run", source, tmp_path / "out"], environment)
    assert run.code == 6, run.err
    assert run.out == f"{tmp_path / 'out'}\n"
    assert "1 story: 1 completed; 3 invalid storyboards" in run.err
    for words in (
        "boards.jsonl#1",
        "scenes is missing",
        "boards.jsonl#2",
        "is not valid JSON",
        "scenes[0].prompt is blank",
    ):
        assert words in run.err
    letters = [
        json.loads(line)
        for path in tmp_path.glob("out/_meta/deadletter/*.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert [letter["reason"] for letter in letters] == ["invalid_storyboard"] * 3


def test_a_wrong_key_ends_with_two_and_sends_nothing(
    studio: RunningStudio, environment: dict[str, str], forked: ForkedCommands, tmp_path: Path
) -> None:
    """Nothing is begun on the target either."""
    source = write_storyboards(tmp_path / "boards.jsonl", 1)
    wrong_key = {"DEPICTA_API_KEY": "dpct_dev_wrong-key"}
    run = forked.run(["batch", "run", source, tmp_path / "out"], environment | wrong_key)
    assert run.code == 2
    assert "error: " in run.err
    assert "check the key: DEPICTA_API_KEY" in run.err
    assert "dpct_dev_wrong-key" not in run.err
    assert studio.posts() == []
    assert not (tmp_path / "out").exists()


def test_a_service_that_nobody_reaches_is_told_with_what_to_check(
    environment: dict[str, str], forked: ForkedCommands, tmp_path: Path
) -> None:
    source = write_storyboards(tmp_path / "boards.jsonl", 1)
    nobody = {"DEPICTA_API_URL": f"http://127.0.0.1:{closed_port()}"}
    run = forked.run(["batch", "run", source, tmp_path / "out"], environment | nobody)
    assert run.code == 1
    assert "no complete answer from 127.0.0.1" in run.err
    assert "check DEPICTA_API_URL and the network" in run.err
    assert not (tmp_path / "out").exists()


def test_a_run_without_a_prefect_server_brings_its_own_and_keeps_the_terminal_clean(
    studio: RunningStudio, environment: dict[str, str], prefect_database: Path, tmp_path: Path
) -> None:
    """No log line of Prefect, no traceback, also while its server stops; poll retries in between included."""
    source = write_storyboards(tmp_path / "boards.jsonl", 2, mark=" [[fail]]")
    del environment["PREFECT_API_URL"]
    (tmp_path / "state/prefect").mkdir(parents=True)
    shutil.copy(prefect_database, tmp_path / "state/prefect/prefect.db")
    run = depicta(["batch", "run", source, tmp_path / "out"], environment)
    assert run.code == 6, run.err
    assert run.out == f"{tmp_path / 'out'}\n"
    assert run.err.startswith("starting a local Prefect server …\nplanning …\n")
    assert "2 stories: 2 failed" in run.err
    for word in ("Traceback", "prefect.", "Task run", "Flow run", "Error logging"):
        assert word not in run.err


def test_ctrl_c_ends_with_one_line_and_the_next_run_goes_on(
    studio: RunningStudio, environment: dict[str, str], forked: ForkedCommands, tmp_path: Path
) -> None:
    """What is at the service stays there and is taken up; nothing is sent a second time."""
    source, target = write_storyboards(tmp_path / "boards.jsonl", 4, scenes=1), tmp_path / "out"
    environment["DEPICTA_POLL_INTERVAL_SECONDS"] = "60"  # the first wait lasts until the interrupt
    run = start(["batch", "run", source, target], environment)
    deadline = time.monotonic() + 100
    while studio.accepted() < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    interrupted = finish(run, interrupt=True)
    assert interrupted.code == 1
    assert "Traceback" not in interrupted.err
    assert interrupted.err.splitlines()[-1].startswith("interrupted; jobs at the service go on")

    environment["DEPICTA_POLL_INTERVAL_SECONDS"] = "0.2"
    second = forked.run(["batch", "run", source, target, "--json"], environment)
    counts = second.document["counts"]
    assert counts["completed"] + counts["done_before"] == 4
    assert studio.accepted() == 4


def test_plan_and_status_tell_what_is_to_come_and_what_is_there(
    studio: RunningStudio, environment: dict[str, str], forked: ForkedCommands, tmp_path: Path
) -> None:
    """Neither sends nor writes anything."""
    source, target = write_storyboards(tmp_path / "boards.jsonl", 3), tmp_path / "out"
    planned = forked.run(["batch", "plan", source, target, "--json", "--samples", "2"], environment)
    assert planned.code == 0, planned.err
    assert planned.document["to_send"] == 6
    assert Decimal(planned.document["price_max_eur"]) >= Decimal("1.20")
    assert not target.exists()
    empty = forked.run(["batch", "status", target, "--json"], environment)
    assert empty.document["dataset_id"] is None
    assert forked.run(["batch", "run", source, target, "--json"], environment).code == 0
    status = forked.run(["batch", "status", target, "--json"], environment).document
    assert status["counts"]["completed"] == 3
    assert Decimal(status["spent_eur"]) == Decimal("0.60")
    assert studio.accepted() == 3
