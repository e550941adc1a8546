"""Images arrive byte for byte from the address that was checked, or are refused with a reason."""

import asyncio
import gzip
import hashlib
import ssl
from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from pydantic import SecretStr

from stories.api.access import ApiAccess
from stories.api.image_hosts import ImageHosts, IpAddress
from stories.api.images import FetchedImage, ImageClient, Resolve, resolved
from stories.api.retries import Retries
from stories.api.transport import IMAGE_TIMEOUTS, Timeouts
from stories.errors import ConnectionLost, ImageRefused, ImageUrlExpired, RateLimited, ServiceUnavailable, StoriesError
from tests.doubles.hand_clock import HandClock
from tests.doubles.scripted_server import (
    ScriptedServer,
    Turn,
    answer,
    answers,
    close_on_accept,
    closed_port,
    drip,
    endless,
    hang_after,
    raw_answer,
    reply,
    reset_on_accept,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
SERVED = answer(200, PNG, {"Content-Type": "image/png"})


def leading_to(*addresses: str) -> Resolve:
    async def resolve(_: str) -> Sequence[IpAddress]:
        return [ip_address(address) for address in addresses]

    return resolve


class Images:
    """Fetches `/a.png?sig=canary` from a scripted server."""

    def __init__(self, key: SecretStr, retries: Retries) -> None:
        self._key = key
        self._retries = retries

    def client(
        self,
        url: str,
        *names: str,
        resolve: Resolve = resolved,
        max_bytes: int = 1_000_000,
        timeouts: Timeouts = IMAGE_TIMEOUTS,
    ) -> ImageClient:
        hosts = ImageHosts.of(ApiAccess(url, self._key), names)
        return ImageClient(hosts, self._retries, timeouts=timeouts, max_bytes=max_bytes, resolve=resolve)

    async def fetch(
        self, *turns: Turn, max_bytes: int = 1_000_000, timeouts: Timeouts = IMAGE_TIMEOUTS
    ) -> FetchedImage:
        async with (
            ScriptedServer(*turns) as server,
            self.client(server.url, max_bytes=max_bytes, timeouts=timeouts) as client,
        ):
            return await client.fetch(f"{server.url}/a.png?sig=canary")


@pytest.fixture
def images(key: SecretStr, retries: Retries) -> Images:
    return Images(key, retries)


async def test_the_bytes_are_those_that_were_served(images: Images) -> None:
    fetched = await images.fetch(SERVED)
    assert fetched == FetchedImage(PNG, hashlib.sha256(PNG).hexdigest(), "image/png")


async def test_no_secret_and_no_cookie_is_sent(images: Images) -> None:
    turn = answer(200, PNG, {"Set-Cookie": "session=1; Path=/"})
    async with ScriptedServer(turn) as server, images.client(server.url) as client:
        await client.fetch(f"{server.url}/a.png?sig=canary")
        await client.fetch(f"{server.url}/a.png?sig=canary")
    assert [request.target for request in server.requests] == ["/a.png?sig=canary"] * 2
    for request in server.requests:
        assert set(request.headers) == {"host", "accept", "accept-encoding", "user-agent"}
        assert request.header("accept-encoding") == "identity"


@pytest.mark.parametrize(
    ("declared", "kept"),
    [("image/jpeg", "image/jpeg"), ("IMAGE/WebP; q=1", "image/webp"), ("", None), ("a" * 200 + "/x", None)],
)
async def test_the_declared_type_is_a_claim_and_is_kept_when_it_is_one(
    declared: str, kept: str | None, images: Images
) -> None:
    assert (await images.fetch(answer(200, PNG, {"Content-Type": declared}))).declared_type == kept


@pytest.mark.parametrize(
    "trouble",
    [
        answer(408),
        answer(429, b"", {"Retry-After": "1"}),
        answer(500),
        answer(503),
        answer(404),
        answer(200, b""),
        close_on_accept,
        reset_on_accept,
        reply(raw_answer(200, PNG)[:-1]),
        reply(raw_answer(200, PNG, {"Content-Length": str(len(PNG) + 1)})),
        reply(raw_answer(200, PNG, {"Content-Length": "many"})),
        reply(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"),
    ],
)
async def test_passing_trouble_is_repeated(trouble: Turn, images: Images, clock: HandClock) -> None:
    assert (await images.fetch(trouble, SERVED)).content == PNG
    assert len(clock.sleeps) == 1


async def test_silence_is_passing_trouble_too(images: Images, clock: HandClock) -> None:
    turn = hang_after(raw_answer(200, PNG)[:-9])
    assert (await images.fetch(turn, SERVED, timeouts=Timeouts(read_seconds=0.3))).content == PNG
    assert len(clock.sleeps) == 1


@pytest.mark.parametrize(
    ("trouble", "error", "reason"),
    [
        (answer(404), ImageRefused, "missing"),
        (answer(200, b""), ImageRefused, "empty"),
        (answer(429), RateLimited, None),
        (answer(500), ServiceUnavailable, None),
        (reply(raw_answer(200, PNG)[:-1]), ConnectionLost, None),
    ],
)
async def test_lasting_trouble_is_raised_after_five_attempts(
    trouble: Turn, error: type[StoriesError], reason: str | None, images: Images, clock: HandClock
) -> None:
    with pytest.raises(error) as caught:
        await images.fetch(trouble)
    assert getattr(caught.value, "reason", None) == reason
    assert len(clock.sleeps) == 4


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (answer(301, b"", {"Location": "/b.png"}), "redirect"),
        (answer(304), "redirect"),
        (answer(400), "http_status"),
        (reply(b"HTTP/1.1 204 No Content\r\n\r\n"), "http_status"),
        (answer(206, PNG), "http_status"),
        (answer(200, gzip.compress(bytes(1_000_000)), {"Content-Encoding": "gzip"}), "encoding"),
        (answer(200, PNG, {"Content-Encoding": "identity, br"}), "encoding"),
        (answer(200, b"", {"Content-Length": "1000001"}), "too_large"),
        (answer(200, b"", {"Content-Length": "9" * 19}), "too_large"),
        (endless(b"HTTP/1.1 200 OK\r\n\r\n", bytes(65_536)), "too_large"),
    ],
)
async def test_what_is_no_image_to_be_read_is_refused_at_once(
    refusal: Turn, reason: str, images: Images, clock: HandClock
) -> None:
    with pytest.raises(ImageRefused) as caught:
        await images.fetch(refusal)
    assert caught.value.reason == reason
    assert "/a.png" in str(caught.value)
    assert "canary" not in str(caught.value)
    assert clock.sleeps == []


@pytest.mark.parametrize("http_status", [401, 403, 410])
async def test_a_url_that_is_over_asks_for_a_fresh_one(http_status: int, images: Images, clock: HandClock) -> None:
    with pytest.raises(ImageUrlExpired, match=r"/a\.png") as caught:
        await images.fetch(answer(http_status))
    assert "canary" not in str(caught.value)
    assert clock.sleeps == []


async def test_a_redirect_is_never_followed(images: Images) -> None:
    async with ScriptedServer(SERVED) as elsewhere:
        with pytest.raises(ImageRefused):
            await images.fetch(answer(302, b"", {"Location": f"{elsewhere.url}/a.png"}))
        assert elsewhere.connections == 0


async def test_the_cap_is_on_what_arrives(images: Images) -> None:
    assert (await images.fetch(SERVED, max_bytes=len(PNG))).content == PNG
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%b\r\n0\r\n\r\n" % (len(PNG), PNG)
    with pytest.raises(ImageRefused, match="larger"):
        await images.fetch(reply(chunked), max_bytes=len(PNG) - 1)


async def test_a_download_has_a_deadline(images: Images, clock: HandClock) -> None:
    poll_policy = Timeouts(connect_seconds=1.0, read_seconds=60.0, total_seconds=0.02)
    with pytest.raises(ConnectionLost):
        await images.fetch(hang_after(raw_answer(200, PNG)[:-9]), timeouts=poll_policy)
    assert len(clock.sleeps) == 4


async def test_an_image_that_drips_is_whole(images: Images) -> None:
    turn = drip(raw_answer(200, PNG[:500]))
    assert (await images.fetch(turn)).content == PNG[:500]


async def test_connections_are_kept(images: Images) -> None:
    raw = raw_answer(200, PNG)
    async with ScriptedServer(answers(raw, raw)) as server, images.client(server.url) as client:
        await client.fetch(f"{server.url}/a.png")
        await client.fetch(f"{server.url}/b.png")
    assert server.connections == 1


async def test_a_host_off_the_list_is_not_even_looked_up(images: Images) -> None:
    async with images.client("http://127.0.0.1:1", resolve=leading_to()) as client:
        with pytest.raises(ImageRefused, match="DEPICTA_IMAGE_HOSTS"):
            await client.fetch("https://evil.example/a.png")


@pytest.mark.parametrize("addresses", [("10.0.0.1",), ("93.184.215.14", "169.254.169.254"), ("::1",), ("127.0.0.1",)])
async def test_a_name_that_leads_inside_gets_no_connection(
    addresses: tuple[str, ...], images: Images, clock: HandClock
) -> None:
    async with ScriptedServer(SERVED) as server:
        name = f"images.example:{server.port}"
        async with images.client(server.url, name, resolve=leading_to(*addresses)) as client:
            with pytest.raises(ImageRefused) as caught:
                await client.fetch(f"https://{name}/a.png")
        assert server.connections == 0
    assert caught.value.reason == "address"
    assert clock.sleeps == []


async def test_the_request_goes_to_the_checked_address_under_the_hosts_name(images: Images) -> None:
    async with ScriptedServer(SERVED) as server:
        name = f"studio.localhost:{server.port}"
        async with images.client(server.url, name, resolve=leading_to("127.0.0.1")) as client:
            await client.fetch(f"http://{name}/a.png")
    assert server.requests[0].header("host") == name


async def test_tls_asks_for_the_hosts_name_at_the_checked_address(images: Images) -> None:
    asked: list[str] = []
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.sni_callback = lambda _, name, __: asked.append(name)
    async with ScriptedServer(SERVED, tls=tls) as server:
        name = f"studio.localhost:{server.port}"
        async with images.client(f"http://127.0.0.1:{server.port}", name, resolve=leading_to("127.0.0.1")) as client:
            with pytest.raises(ConnectionLost):
                await client.fetch(f"https://{name}/a.png")
    assert asked == ["studio.localhost"] * 5
    assert server.requests == []


async def test_each_attempt_takes_the_next_address(images: Images, clock: HandClock) -> None:
    async with ScriptedServer(SERVED) as server:
        name = f"studio.localhost:{server.port}"
        async with images.client(server.url, name, resolve=leading_to("127.0.0.2", "127.0.0.1")) as client:
            assert (await client.fetch(f"http://{name}/a.png")).content == PNG
    assert len(clock.sleeps) == 1


async def test_a_name_that_does_not_resolve_is_a_lost_connection(images: Images, clock: HandClock) -> None:
    async with images.client("http://127.0.0.1:1", "images.example") as client:
        with pytest.raises(ConnectionLost, match=r"images\.example"):
            await client.fetch("https://images.example/a.png?sig=canary")
    assert len(clock.sleeps) == 4


async def test_nobody_at_home_is_a_lost_connection(images: Images) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    async with images.client(url) as client:
        with pytest.raises(ConnectionLost):
            await client.fetch(f"{url}/a.png")


async def test_names_are_looked_up_with_ipv4_first() -> None:
    assert next(iter(await resolved("localhost"))) == ip_address("127.0.0.1")


async def test_large_images_that_are_asked_for_at_once_all_arrive_whole(images: Images) -> None:
    """Each waits for the one before when it grows large, and none for ever."""
    large = PNG.ljust(600_000, b"x")
    raw = raw_answer(200, large)
    async with ScriptedServer(answers(*[raw] * 8)) as server, images.client(server.url) as client:
        found = await asyncio.gather(*(client.fetch(f"{server.url}/{number}.png") for number in range(8)))
    assert all(image.content == large for image in found)
