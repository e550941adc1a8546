"""The end of a run that is told to end, as a process manager or a person tells it: by SIGTERM, and by Ctrl-C."""

import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.commands import Finished, start
from tests.doubles.forked_commands import ForkedCommands
from tests.doubles.meddling_proxy import Request, meddling_proxy
from tests.doubles.running_studio import RunningStudio

STORIES = 4
ENDS_WITHIN_SECONDS = 10.0


class SlowDoor:
    """Lets submits through to the studio when it is opened, and everything else at once."""

    def __init__(self) -> None:
        self.is_knocked_at, self.is_open = threading.Event(), threading.Event()
        self.knocks = 0

    def __call__(self, request: Request) -> None:
        if request.method == "POST":
            self.knocks += 1
            self.is_knocked_at.set()
            self.is_open.wait(60)


@pytest.fixture
def door() -> SlowDoor:
    return SlowDoor()


@pytest.fixture
def environment(studio: RunningStudio, prefect_api: str, door: SlowDoor, tmp_path: Path) -> Iterator[dict[str, str]]:
    with meddling_proxy(studio.url, door) as url:
        yield {
            "DEPICTA_API_URL": url,
            "DEPICTA_API_KEY": studio.key,
            "PREFECT_API_URL": prefect_api,
            "DEPICTA_STATE_DIRECTORY": str(tmp_path / "state"),
            "DEPICTA_POLL_INTERVAL_SECONDS": "0.2",
            "DEPICTA_PACE_IN_FLIGHT": "1",
        }
        door.is_open.set()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    boards = [{"scenes": [{"prompt": f"{tmp_path}: a fox, {number}"}]} for number in range(STORIES)]
    path = tmp_path / "boards.jsonl"
    path.write_text("\n".join(map(json.dumps, boards)))
    return path


def told_to_end(
    sign: signal.Signals, source: Path, target: Path, door: SlowDoor, environment: dict[str, str], *, opens: bool
) -> tuple[Finished, float]:
    """A run that gets the signal while its first submit is under way, and the seconds that it took to end."""
    process = start(["batch", "run", source, target], environment)
    assert door.is_knocked_at.wait(100)
    process.send_signal(sign)
    signalled = time.monotonic()
    if opens:
        threading.Timer(0.5, door.is_open.set).start()
    out, err = process.communicate(timeout=60)
    return Finished(process.returncode, out, err), time.monotonic() - signalled


def kinds_on(target: Path) -> list[str]:
    return sorted(path.suffix for path in (target / "_meta/ledger/items").rglob("1.*"))


def test_the_submit_under_way_is_recorded_no_other_is_begun_and_the_next_run_polls(
    studio: RunningStudio,
    environment: dict[str, str],
    forked: ForkedCommands,
    source: Path,
    door: SlowDoor,
    tmp_path: Path,
) -> None:
    target, accepted_before = tmp_path / "out", studio.accepted()
    ended, seconds = told_to_end(signal.SIGTERM, source, target, door, environment, opens=True)
    assert seconds < ENDS_WITHIN_SECONDS
    assert (ended.code, ended.err.splitlines()[-1][:12]) == (1, "interrupted;")
    assert "Traceback" not in ended.err
    assert door.knocks == 1
    assert kinds_on(target) == [".intent", ".job"]

    second = forked.run(["batch", "run", source, target, "--json"], environment)
    assert second.document["counts"]["completed"] == STORIES, second.err
    assert studio.accepted() - accepted_before == door.knocks == STORIES


def test_a_submit_without_an_answer_is_given_up_in_time_and_in_doubt(
    environment: dict[str, str], source: Path, door: SlowDoor, tmp_path: Path
) -> None:
    ended, seconds = told_to_end(signal.SIGINT, source, tmp_path / "out", door, environment, opens=False)
    assert seconds < ENDS_WITHIN_SECONDS
    assert "Traceback" not in ended.err
    assert door.knocks == 1
    assert kinds_on(tmp_path / "out") == [".doubt", ".intent"]
