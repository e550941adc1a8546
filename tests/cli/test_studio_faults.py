"""`depicta studio faults`, and the options that commit them."""

import re
import subprocess
from pathlib import Path

import httpx

from studio.faults.table import FAULTS
from tests.doubles.commands import Depicta, start


def test_the_faults_are_listed_with_what_they_do(depicta: Depicta) -> None:
    listed = depicta("studio", "faults").out.splitlines()
    assert [line.split()[0] for line in listed] == list(FAULTS)
    assert all(re.fullmatch(r"[a-z0-9-]+ +[0-9A-Za-z].{8,}", line) for line in listed)
    document = depicta("studio", "faults", "--json").document
    assert [fault["name"] for fault in document["faults"]] == list(FAULTS)  # type: ignore[union-attr,index,call-overload]


def test_a_fault_that_there_is_not_is_refused_before_anything_starts(depicta: Depicta, tmp_path: Path) -> None:
    finished = depicta("studio", "serve", "--port", "0", "--data-dir", tmp_path / "data", "--fault", "reset=1")
    assert finished.code == 1
    assert "there is no fault 'reset': `depicta studio faults` lists those there are" in finished.err
    assert not (tmp_path / "data").exists()


def test_a_studio_commits_the_faults_that_it_was_told_to(tmp_path: Path) -> None:
    faults = ["--fault", "submit-402=1", "--fault", "jobs-500=1", "--fault-seed", "7"]
    process = start(["studio", "serve", "--port", "0", "--data-dir", tmp_path / "data", *faults], {})
    try:
        url, key = address_told(process)
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, trust_env=False) as client:
            assert client.post("/v1/generate/story", json={"scenes": [{"prompt": "a tram"}]}).status_code == 402
            assert client.get("/v1/jobs").status_code == 500
            assert client.get("/v1/account/profile").status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=20)


def address_told(process: "subprocess.Popen[str]") -> tuple[str, str]:
    assert process.stderr is not None
    for line in process.stderr:
        if (found := re.search(r"DEPICTA_API_URL=(\S+) DEPICTA_API_KEY=(\S+)", line)) is not None:
            return found[1], found[2]
    raise AssertionError("it ended")
