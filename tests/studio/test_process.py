"""The studio as a process of its own, over a socket."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from stories.api.wire import ImageFormat, PollAnswer, Profile
from studio.errors import StudioError
from studio.process import StudioProcess
from studio.server import serve
from studio.settings import StudioAddress, StudioSettings
from studio.work.accounts import charges
from studio.work.data_directory import DataDirectory
from tests.doubles.open_studio import AT_SEA, SMALL, polled, story, submitted

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loading the certificates of the web takes longer than a test


def settings_of(directory: Path, **chosen: object) -> StudioSettings:
    return StudioSettings.model_validate({"data_directory": directory, "port": 0, "picture_size": SMALL, **chosen})


def client_of(address: StudioAddress) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {address.key}"}
    return httpx.AsyncClient(base_url=address.url, headers=headers, trust_env=False, verify=NO_TLS)


def wait_until_free(directory: Path) -> None:
    """Wait for the end of the process that holds the directory; pytest's timeout ends a wait in vain."""
    free = False
    while not free:
        try:
            with DataDirectory(directory).held():
                free = True
        except StudioError:
            time.sleep(0.01)


def wait_for_drawing_processes(studio: StudioProcess) -> None:
    """All processes of a studio hold its stdout, which ends when the last of them has."""
    assert studio._process is not None
    assert studio._process.stdout is not None
    assert studio._process.stdout.read() == b""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    with StudioProcess(settings_of(tmp_path_factory.mktemp("studio") / "data")) as process:
        yield process


async def test_a_story_comes_to_its_pictures_over_a_socket_and_no_secret_to_a_log(studio: StudioProcess) -> None:
    async with client_of(studio.address) as client:
        document = await polled(client, await submitted(client, AT_SEA))
        result = PollAnswer.model_validate(document).result
        assert result is not None
        assert result.scenes[0] is not None
        references = [entry.reference_url for entry in (*result.characters, *result.locations)]
        urls = [url for url in (*result.scenes[0].images.values(), *references) if url is not None]
        async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as without_key:
            pictures = [await without_key.get(url) for url in urls]
    types = [picture.headers["content-type"] for picture in pictures]
    assert types == [*(known.mime_type for known in ImageFormat), *["image/png"] * 3]
    assert all(picture.content for picture in pictures)
    directory = DataDirectory(studio.settings.data_directory)
    assert "GET /images/" in directory.log.read_text()
    for text in (directory.log.read_text(), directory.requests.read_text()):
        assert "sig=" not in text
        assert studio.address.key not in text


async def test_many_stories_at_once_are_each_charged_once(studio: StudioProcess) -> None:
    async with client_of(studio.address) as client:
        ids = [await submitted(client, story(f"story {number}")) for number in range(12)]
        answers = [await polled(client, job_id) for job_id in ids]
        log = charges(DataDirectory(studio.settings.data_directory).database)
    assert {answer["status"] for answer in answers} == {"completed"}
    assert sorted(charge.job_id for charge in log if charge.job_id in ids) == sorted(ids)


async def test_a_body_far_too_large_gets_its_answer(studio: StudioProcess) -> None:
    async with client_of(studio.address) as client:
        answer = await client.post("/v1/generate/story", content=b"x" * 6_000_000)
    assert answer.status_code == 422


def test_a_directory_belongs_to_one_studio_at_a_time(studio: StudioProcess) -> None:
    with pytest.raises(StudioError, match=f"in use by the studio with pid {studio.pid}"):
        StudioProcess(studio.settings).__enter__()


def test_secrets_are_readable_by_their_owner_alone(studio: StudioProcess) -> None:
    root = studio.settings.data_directory
    assert {(root / name).stat().st_mode & 0o777 for name in ("key", "url-secret", "lock")} == {0o600}
    assert root.stat().st_mode & 0o777 == 0o700


async def test_however_it_ends_it_goes_on_where_it_was_and_charges_once(tmp_path: Path) -> None:
    """Killed twice and stopped once in the middle of its jobs, it keeps its key, its jobs and its money."""
    settings = settings_of(tmp_path, seconds_per_scene=0.02)
    ids: list[str] = []
    keys: set[str] = set()
    for seen, number in ((1, signal.SIGKILL), (4, signal.SIGKILL), (7, signal.SIGTERM), (12, signal.SIGINT)):
        with StudioProcess(settings) as process:
            keys.add(process.address.key)
            async with client_of(process.address) as client:
                while len(ids) < 3:
                    ids.append(await submitted(client, story(*(f"scene {n} of {len(ids)}" for n in range(4)))))
                done = 0
                while done < seen:
                    answers = [await polled(client, job_id, lambda _: True) for job_id in ids]
                    done = sum(int(str(answer["scenes_completed"])) for answer in answers)
                if seen == 12:
                    answers = [await polled(client, job_id) for job_id in ids]
                    profile = Profile.model_validate((await client.get("/v1/account/profile")).json())
            os.kill(process.pid, number)
            assert process.wait() == (-number if number == signal.SIGKILL else 0)
            wait_for_drawing_processes(process)
    log = charges(DataDirectory(tmp_path).database)
    assert len(keys) == 1
    assert {answer["status"] for answer in answers} == {"completed"}
    assert sorted(charge.job_id for charge in log) == sorted(ids)
    assert profile.user.balance_eur == Decimal(100) - sum(charge.amount_eur for charge in log) == Decimal("98.80")
    assert "Traceback" not in DataDirectory(tmp_path).log.read_text()


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys, time\n"
        "from studio.process import StudioProcess\n"
        "from studio.settings import StudioSettings\n"
        "with StudioProcess(StudioSettings(data_directory=pathlib.Path(sys.argv[1]), port=0)) as studio:\n"
        "    print(studio.address.url, flush=True)\n"
        "    time.sleep(3600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    url = httpx.URL(parent.stdout.readline().strip())
    assert url.port is not None
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until_free(tmp_path)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((url.host, url.port)).close()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.1", "example.org", "::"])  # noqa: S104 - refused below
def test_it_serves_no_host_but_this_machine(tmp_path: Path, host: str) -> None:
    with pytest.raises(StudioError, match="this machine only"):
        serve(settings_of(tmp_path, host=host), on_ready=print)


def test_a_port_that_is_taken_is_said_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StudioError, match=f"port {port} of 127.0.0.1 cannot be used"):
            serve(settings_of(tmp_path, port=port), on_ready=print)


def test_a_key_that_may_cost_money_is_not_taken_in(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="a studio's key is dpct_dev_") as refusal:
        serve(settings_of(tmp_path), on_ready=print, key="dpct_live_0123456789")
    assert "0123456789" not in str(refusal.value)
