"""A Prefect server, a work pool with a worker, and the deployments of this project, each as a data team starts it."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.doubles.scripted_server import closed_port

ROOT = Path(__file__).parents[2]
PREFECT = str(Path(sys.executable).parent / "prefect")
READY_SECONDS = 100
WAITS_SECONDS = 60.0
# Prefect leaves its own connections to its server to the garbage collector.
SOCKETS_OF_PREFECT = "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"


@dataclass(frozen=True)
class RunningHouse:
    """Where the server is and what it keeps; `environment` is what its commands are run with."""

    api_url: str
    directory: Path
    environment: Mapping[str, str]

    def prefect(self, *arguments: str) -> str:
        """Run a command of Prefect in the project's root; what it printed, plain."""
        ran = subprocess.run(
            [PREFECT, "--no-prompt", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=READY_SECONDS,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return re.sub(r"\x1b\[[0-9;]*m", "", ran.stdout)

    def kept_bytes(self) -> Iterator[tuple[str, bytes]]:
        """Every file that server and worker wrote, the database with its write-ahead log among them."""
        for path in sorted(self.directory.rglob("*")):
            if path.is_file():
                yield path.name, path.read_bytes()


@contextmanager
def running_house(directory: Path, database: Path, worker_environment: Mapping[str, str]) -> Iterator[RunningHouse]:
    """Run a server on a copy of the database, deploy to it, and start a worker in `directory/work`.

    `worker_environment` is what the worker sees beside the server's variables.
    """
    port = closed_port()
    environment = {
        **os.environ,
        "PREFECT_HOME": str(directory / "home"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",  # 60 by default: a schedule is then noticed that late
        "DEPICTA_NIGHTLY_SOURCE": "nightly/*.json",
        "DEPICTA_NIGHTLY_TARGET": "nightly-out",
        "COLUMNS": "200",
    }
    house = RunningHouse(environment["PREFECT_API_URL"], directory, environment)
    (directory / "work").mkdir(parents=True)
    (directory / "home").mkdir()
    shutil.copy(database, directory / "home/prefect.db")
    server = ["server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with _started(server, directory / "server.log", environment, ROOT):
        _wait_until_it_answers(house)
        house.prefect("work-pool", "create", "stories", "--type", "process")
        house.prefect("deploy", "--all", "--prefect-file", "deployments/prefect.yaml")
        worker = ["worker", "start", "--pool", "stories"]
        everything = {**environment, **worker_environment}
        with _started(worker, directory / "worker.log", everything, directory / "work"):
            yield house


@contextmanager
def _started(arguments: list[str], log: Path, environment: Mapping[str, str], directory: Path) -> Iterator[None]:
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [PREFECT, *arguments],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_it_answers(house: RunningHouse) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        try:
            if httpx.get(f"{house.api_url}/health", trust_env=False, timeout=2).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError((house.directory / "server.log").read_text())


def wait_until(happens: Callable[[], bool], seconds: float = WAITS_SECONDS) -> None:
    """Look every tenth of a second until `happens` returns True; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.1)
