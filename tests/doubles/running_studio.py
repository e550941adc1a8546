"""A studio on loopback as a process of its own, and what it was sent."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stories.strict_json import JsonObject
from studio.process import StudioProcess
from studio.settings import StudioSettings
from studio.work.accounts import charges
from studio.work.data_directory import DataDirectory

KEY = "dpct_dev_key-of-the-tests"


@dataclass(frozen=True)
class RunningStudio:
    """Where it is, and its log of POSTs."""

    url: str
    key: str
    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        """What points a command at it."""
        return {"DEPICTA_API_URL": self.url, "DEPICTA_API_KEY": self.key}

    def accepted(self) -> int:
        """How many submits it answered with 202."""
        return sum(post["status"] == 202 for post in self.posts())

    def charges_per_job(self) -> Counter[str]:
        """How often each job was charged."""
        return Counter(charge.job_id for charge in charges(DataDirectory(self.directory).database))

    def posts(self) -> list[JsonObject]:
        """Every POST that was answered, in order."""
        return [entry for entry in self._log() if entry["method"] == "POST"]

    def faults(self) -> list[str]:
        """The name of every fault that it committed, in order."""
        return [str(entry["fault"]) for entry in self._log() if entry["fault"] is not None]

    def _log(self) -> list[JsonObject]:
        log = self.directory / "requests.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@contextmanager
def running_studio(directory: Path, **settings: object) -> Iterator[RunningStudio]:
    """A studio that draws small pictures at once, unless the settings say otherwise."""
    chosen = {"data_directory": directory, "port": 0, "picture_size": (64, 64), **settings}
    with StudioProcess(StudioSettings.model_validate(chosen), key=KEY) as process:
        yield RunningStudio(process.address.url, process.address.key, directory)
