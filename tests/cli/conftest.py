"""The command line against a real studio: in this process, or as a process of its own where signals matter."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.app import run
from tests.doubles.commands import STORYBOARD, Depicta, Finished
from tests.doubles.commands import start as launch
from tests.doubles.forked_commands import ForkedCommands
from tests.doubles.running_studio import RunningStudio, running_studio


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    with running_studio(tmp_path_factory.mktemp("studio")) as running:
        yield running


@pytest.fixture(scope="session")
def slow_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """Draws a scene in no less than 0.7 seconds."""
    with running_studio(tmp_path_factory.mktemp("slow-studio"), seconds_per_scene=0.7) as running:
        yield running


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make commands of this test ask the service at this URL."""
    return lambda url: monkeypatch.setenv("DEPICTA_API_URL", url)


@pytest.fixture(scope="session")
def forked(prefect_api: str) -> Iterator[ForkedCommands]:
    """Commands on the Prefect server of the tests, each a process that is soon there."""
    with ForkedCommands({"PREFECT_API_URL": prefect_api}) as commands:
        yield commands


@pytest.fixture
def depicta(
    studio: RunningStudio,
    at: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Depicta:
    """Run a command in this process, in the test's own directory."""
    at(studio.url)
    monkeypatch.setenv("DEPICTA_API_KEY", studio.key)
    monkeypatch.setenv("DEPICTA_POLL_INTERVAL_SECONDS", "0.05")
    monkeypatch.chdir(tmp_path)

    def depicta_in_process(*arguments: str | Path) -> Finished:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        told = capfd.readouterr()
        return Finished(int(code), told.out, told.err)

    return depicta_in_process


@pytest.fixture
def started(depicta: Depicta, tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start a command as a process of its own; killed at the end of the test if it still runs."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path) -> "subprocess.Popen[str]":
        process = launch(arguments, {}, directory=tmp_path)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def storyboard(tmp_path: Path) -> Path:
    """A storyboard of two scenes, two characters of one slug, and a location."""
    path = tmp_path / "storyboard.txt"
    path.write_text(json.dumps(STORYBOARD))
    return path
