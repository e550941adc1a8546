"""Benchmark of polls while every core draws: `python -m benchmarks.studio_polls`.

A studio with a slot for each core gets more stories than it can draw during the benchmark, and one client polls one of
them repeatedly. The same polls are measured before the stories are sent, which separates the cost of the drawing from
the rest.
"""

import http.client
import json
import os
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

from studio.process import StudioProcess
from studio.settings import StudioAddress, StudioSettings

POLLS = 2000
STORIES = 40
SCENES = 8
PICTURE_SIZE = (1024, 1024)
PAUSE_SECONDS = 0.003
STORYBOARD = {
    "title": "Polls",
    "style": "watercolor",
    "characters": [{"name": "Aria", "description": "a girl with red hair"}],
    "scenes": [{"prompt": f"Aria reads in the library at night, page {number}"} for number in range(SCENES)],
}


def main() -> None:
    """Measure and print a table."""
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as directory:
        settings = StudioSettings(
            data_directory=Path(directory),
            port=0,
            slots=cores,
            picture_size=PICTURE_SIZE,
            requests_per_minute=1_000_000,
            starting_balance_eur=Decimal(1000),
        )
        with StudioProcess(settings) as studio:
            client = Client(studio.address)
            first = client.submit()
            while client.poll(first)["status"] != "completed":
                time.sleep(PAUSE_SECONDS)
            idle = client.timed_polls(first)
            jobs = [client.submit() for _ in range(STORIES)]
            while client.poll(jobs[0])["scenes_completed"] == 0:
                time.sleep(PAUSE_SECONDS)
            before = client.scenes_drawn(jobs)
            began_at = time.monotonic()
            busy = client.timed_polls(jobs[0])
            seconds = time.monotonic() - began_at
            drawn = client.scenes_drawn(jobs) - before
            assert client.poll(jobs[-1])["status"] != "completed", "the drawing ended before the polls did"
    print(f"{cores} cores, {cores} drawing processes, load average {os.getloadavg()[0]:.1f}")
    print(f"{POLLS} polls each; {drawn} scenes of {PICTURE_SIZE} drawn in {seconds:.1f} s meanwhile")
    for name, milliseconds in (("nothing else to do", idle), ("every core draws", busy)):
        cuts = quantiles(milliseconds, n=100)
        print(f"{name:20} p50 {cuts[49]:6.2f} ms   p99 {cuts[98]:6.2f} ms   max {max(milliseconds):6.2f} ms")


class Client:
    """A client of the studio with one kept connection."""

    def __init__(self, address: StudioAddress) -> None:
        url = urlsplit(address.url)
        self._connection = http.client.HTTPConnection(url.hostname or "", url.port)
        self._headers = {"Authorization": f"Bearer {address.key}"}

    def submit(self) -> str:
        """Submit the storyboard, and return the id of its job."""
        return str(self._ask("POST", "/v1/generate/story", json.dumps(STORYBOARD))["job_id"])

    def poll(self, job_id: str) -> dict:  # type: ignore[type-arg] # a benchmark reads two fields of it
        """Poll the job once, and return the answer."""
        return self._ask("GET", f"/v1/generate/story/{job_id}")

    def timed_polls(self, job_id: str) -> list[float]:
        """Return the milliseconds of each poll, from the first byte sent to the last byte read."""
        taken = []
        for _ in range(POLLS):
            began_at = time.perf_counter()
            self.poll(job_id)
            taken.append((time.perf_counter() - began_at) * 1000)
            time.sleep(PAUSE_SECONDS)
        return taken

    def scenes_drawn(self, jobs: list[str]) -> int:
        """Return the number of finished scenes of the jobs."""
        return sum(self.poll(job_id)["scenes_completed"] for job_id in jobs)

    def _ask(self, method: str, path: str, body: str | None = None) -> dict:  # type: ignore[type-arg]
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status in {200, 202}, content
        return dict(json.loads(content))


if __name__ == "__main__":
    main()
