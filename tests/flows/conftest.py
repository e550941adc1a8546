"""Flows in this process, against a Prefect server and a studio that are processes of their own."""

import asyncio
import gc
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from configs.options import RunOptions
from flows.produce_stories import produce_stories
from stories.batch.progress import ShardProgress, progress_listener
from stories.dataset.run_record import RunSummary
from tests.doubles.running_studio import RunningStudio, running_studio

# Prefect leaves its own connections to its server to the garbage collector.
SOCKETS_OF_PREFECT = "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"


@dataclass(frozen=True)
class House:
    """A studio and an empty target, with storyboards to send from one to the other."""

    studio: RunningStudio
    source: Path
    target: Path

    def write(self, *prompts: str) -> None:
        """Make the source hold one storyboard of two scenes for each prompt."""
        boards = [
            {"title": prompt, "scenes": [{"prompt": prompt}, {"prompt": f"{prompt}, later"}]} for prompt in prompts
        ]
        self.source.write_text("\n".join(json.dumps(board) for board in boards))

    def run(
        self,
        options: RunOptions | None = None,
        *,
        target: str = "",
        on_progress: Callable[[ShardProgress], None] | None = None,
    ) -> RunSummary:
        """Run the flow to its end, as `depicta batch run` does; raises what it raises."""
        progress_listener.set(on_progress)
        return asyncio.run(produce_stories(str(self.source), target or str(self.target), options))


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    with running_studio(tmp_path_factory.mktemp("studio")) as running:
        yield running


@pytest.fixture
def prefect_client(prefect_api: str) -> Iterator[SyncPrefectClient]:
    """A client of the server; Prefect's own code in this process talks to it too."""
    with temporary_settings({PREFECT_API_URL: prefect_api}), get_client(sync_client=True) as client:
        yield client
        gc.collect()  # so that they are met in the test that made them


@pytest.fixture
def house(
    studio: RunningStudio, prefect_client: SyncPrefectClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> House:
    monkeypatch.setenv("DEPICTA_API_URL", studio.url)
    monkeypatch.setenv("DEPICTA_API_KEY", studio.key)
    monkeypatch.setenv("DEPICTA_STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("DEPICTA_POLL_INTERVAL_SECONDS", "0.2")
    return House(studio, tmp_path / "boards.jsonl", tmp_path / "out")
