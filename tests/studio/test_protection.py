"""Requests that the studio refuses before any work: too many, too slow, too large, at the wrong origin."""

import asyncio
import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from stories.api.wire import ErrorBody, ErrorCode, ImageFormat, PollAnswer
from studio.api.rate_limit import RateLimit
from studio.api.signing import UrlSigner, new_secret
from studio.process import StudioProcess
from studio.settings import StudioSettings
from studio.work.database import Database
from tests.doubles.open_studio import SMALL, Gate, OpensStudio, OpenStudio, StoppedClock, polled, story, submitted

HEAD_SECONDS = 0.2


async def first_png(studio: OpenStudio) -> str:
    result = PollAnswer.model_validate(
        await polled(studio.client, await submitted(studio.client, story("a cat")))
    ).result
    assert result is not None
    assert result.scenes[0] is not None
    return result.scenes[0].images[ImageFormat.PNG]


async def test_a_key_that_asks_too_often_is_told_when_to_come_again(open_studio: OpensStudio) -> None:
    async with open_studio(requests_per_minute=3) as studio:
        answers = [await studio.client.get("/v1/jobs") for _ in range(4)]
        other = await studio.other_client.get("/v1/jobs")
        studio.clock.seconds += int(answers[-1].headers["retry-after"])
        later = await studio.client.get("/v1/jobs")
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["error"] == ErrorCode.RATE_LIMITED
    assert answers[-1].headers["retry-after"] == "20"
    assert (other.status_code, later.status_code) == (200, 200)


def test_a_clock_that_is_set_back_gives_no_requests_away_and_takes_none() -> None:
    clock = StoppedClock()
    limit = RateLimit(60, clock.now)
    assert [limit.take("key") for _ in range(60)] == [0.0] * 60
    clock.seconds -= 3600
    assert limit.take("key") == 1.0
    clock.seconds += 1
    assert limit.take("key") == 0.0
    assert limit.take("key") == 1.0


async def test_a_full_queue_of_one_account_is_not_anothers(open_studio: OpensStudio) -> None:
    async with open_studio(sleep=Gate().sleep, seconds_per_scene=1, queue=1) as studio:
        drawn = await submitted(studio.client, story("takes the only slot"))
        await polled(studio.client, drawn, lambda answer: answer.status == "processing")
        await submitted(studio.client, story("waits"))
        refused = await studio.client.post("/v1/generate/story", json=story("one too many"))
        other = await studio.other_client.post("/v1/generate/story", json=story("another account's"))
    assert (refused.status_code, other.status_code) == (429, 202)


async def run_in_writer(database: Database, pragma: str) -> None:
    """Outside of a transaction, where pragmas belong."""
    await asyncio.wrap_future(database._writer_thread.submit(database._writer.execute, pragma))


async def test_a_database_that_cannot_be_written_accepts_nothing_and_recovers(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        database = studio.service.database
        pages = await database.write(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
        await run_in_writer(database, f"PRAGMA max_page_count = {pages}")
        full = await studio.client.post("/v1/generate/story", json=story("x" * 5000, "y" * 5000))
        listing = (await studio.client.get("/v1/jobs")).json()
        await run_in_writer(database, "PRAGMA max_page_count = 1000000")
        again = await studio.client.post("/v1/generate/story", json=story("x" * 5000, "y" * 5000))
    assert full.status_code == 503
    assert ErrorBody.model_validate(full.json()).error == ErrorCode.INTERNAL
    assert int(full.headers["retry-after"]) > 0
    assert listing == {"generations": []}
    assert again.status_code == 202


async def test_images_of_an_origin_of_their_own_are_served_there_alone(open_studio: OpensStudio) -> None:
    async with open_studio(image_origin="http://images.localhost:8787") as studio:
        url = await first_png(studio)
        there = await studio.client.get(url)
        here = await studio.client.get(f"{urlsplit(url).path}?{urlsplit(url).query}")
        api_there = await studio.client.get("http://images.localhost:8787/v1/jobs")
        jobs_here = await studio.client.get("/v1/jobs")
    assert [answer.status_code for answer in (there, here, api_there, jobs_here)] == [200, 404, 404, 200]
    assert there.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_a_second_secret_opens_what_it_signed_and_signs_no_more() -> None:
    old, new = new_secret(), new_secret()
    before, after = UrlSigner((old,), 60), UrlSigner((new, old), 60)
    path = "/images/job/scene-01.png"
    signed_before, signed_after = before.signed(path, now=0), after.signed(path, now=0)
    after.check(path, [part.split("=") for part in urlsplit(signed_before).query.split("&")], now=1)  # type: ignore[misc]
    assert urlsplit(signed_after).query.split("&")[1] != urlsplit(signed_before).query.split("&")[1]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    settings = StudioSettings(
        data_directory=tmp_path_factory.mktemp("studio"),
        port=0,
        image_port=0,
        picture_size=SMALL,
        request_seconds=HEAD_SECONDS,
    )
    with StudioProcess(settings) as process:
        yield process


def heard_by_a_slow_client(studio: StudioProcess, head: bytes, then_trickle: bytes) -> bytes:
    """Return the answer to a client that sends `head` and then bytes at intervals until it is cut off."""
    url = httpx.URL(studio.address.url)
    heard = b""
    with socket.create_connection((url.host, url.port or 0), timeout=0.01) as connection:
        connection.sendall(head)
        for _ in range(1000):
            try:
                part = connection.recv(4096)
            except TimeoutError:
                connection.sendall(then_trickle)
                continue
            except ConnectionError:
                return heard
            if not part:
                return heard
            heard += part
    pytest.fail("it was not cut off")


@pytest.mark.parametrize("head", [b"", b"GET /v1/jobs HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
def test_a_head_that_trickles_in_is_cut_off(studio: StudioProcess, head: bytes) -> None:
    assert heard_by_a_slow_client(studio, head, b"a" if head else b"") == b""


def test_a_body_that_trickles_in_is_cut_off_with_an_answer(studio: StudioProcess) -> None:
    head = (
        f"POST /v1/generate/story HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {studio.address.key}\r\n"
        "Content-Length: 100000\r\nConnection: close\r\n\r\n"
    )
    heard = heard_by_a_slow_client(studio, head.encode(), b" ")
    assert heard.startswith(b"HTTP/1.1 408 ")
    assert b"validation_error" in heard


def test_a_connection_in_use_is_not_cut_off(studio: StudioProcess) -> None:
    url = httpx.URL(studio.address.url)
    connection = http.client.HTTPConnection(url.host, url.port, timeout=5)
    connection.connect()
    first = connection.sock
    began_at = time.monotonic()
    while time.monotonic() - began_at < 2 * HEAD_SECONDS:
        connection.request("GET", "/v1/jobs", headers={"Authorization": f"Bearer {studio.address.key}"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        time.sleep(0.01)
    assert connection.sock is first
    connection.close()


def test_a_head_that_is_too_large_is_refused(studio: StudioProcess) -> None:
    head = b"GET /v1/jobs HTTP/1.1\r\nX-Large: " + b"x" * 17_000
    assert heard_by_a_slow_client(studio, head, b"x").startswith(b"HTTP/1.1 400 ")


async def test_an_image_port_serves_images_and_nothing_else(studio: StudioProcess, tmp_path: Path) -> None:
    headers = {"Authorization": f"Bearer {studio.address.key}"}
    async with httpx.AsyncClient(base_url=studio.address.url, headers=headers, trust_env=False) as client:
        document = await polled(client, await submitted(client, story("a cat")))
        result = PollAnswer.model_validate(document).result
        assert result is not None
        assert result.scenes[0] is not None
        url = httpx.URL(result.scenes[0].images[ImageFormat.PNG])
        at_its_port = await client.get(url)
        at_the_api = await client.get(url.raw_path.decode())
        api_at_its_port = await client.get(url.copy_with(raw_path=b"/v1/jobs"))
    assert url.port != httpx.URL(studio.address.url).port
    assert [answer.status_code for answer in (at_its_port, at_the_api, api_at_its_port)] == [200, 404, 404]
