"""The OpenAPI document says what the studio does: schemathesis tries to prove otherwise, over a socket.

More cases: `SCHEMATHESIS_EXAMPLES=100 .venv/bin/pytest tests/studio/api/test_openapi.py`. Cases bound it
and not time, so that a slow machine tries as many.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from studio.process import StudioProcess
from studio.settings import StudioSettings

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "8"))
LEAST_CASES = 300
OPERATIONS = {
    "/v1/generate/story": {"post"},
    "/v1/generate/story/{job_id}": {"get"},
    "/v1/jobs": {"get"},
    "/v1/jobs/{job_id}": {"get"},
    "/v1/account/profile": {"get"},
    "/v1/models": {"get"},
    "/v1/upload": {"post"},
    "/images/{job_id}/{file_name}": {"get"},
    "/uploads/{file_name}": {"get"},
}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    settings = StudioSettings.model_validate(
        {
            "data_directory": tmp_path_factory.mktemp("studio"),
            "port": 0,
            "picture_size": (64, 64),
            "requests_per_minute": 1_000_000,
            "queue": 1_000_000,
            "starting_balance_eur": 1_000_000,
        }
    )
    with StudioProcess(settings) as process:
        yield process


def test_the_document_has_every_operation_of_the_api_and_nothing_of_the_page(studio: StudioProcess) -> None:
    document = httpx.get(f"{studio.address.url}/openapi.json").json()
    assert {path: set(operations) for path, operations in document["paths"].items()} == OPERATIONS
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert ("security" in operation) is path.startswith("/v1/")


@pytest.mark.timeout(120 + 20 * EXAMPLES)
def test_schemathesis_finds_nothing(studio: StudioProcess, tmp_path: Path) -> None:
    finished = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{studio.address.url}/openapi.json"),
            *("--header", f"Authorization: Bearer {studio.address.key}"),
            *("--checks", "all", "--max-examples", str(EXAMPLES), "--seed", "1", "--warnings", "off"),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "tests.doubles.schemathesis_hooks",
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "160",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
    assert f"Tested: {len(OPERATIONS)}" in finished.stdout
    links = re.search(r"API Links:\s+(\d+) covered", finished.stdout)
    assert links is not None, finished.stdout
    assert int(links[1]) >= 3, finished.stdout
    cases = re.search(r"(\d+) generated, (\d+) passed", finished.stdout)
    assert cases is not None, finished.stdout
    assert int(cases[1]) == int(cases[2]) >= LEAST_CASES
    assert "Traceback" not in (studio.settings.data_directory / "studio.log").read_text()
