"""The studio in the loop of a test, without a socket; the test has its service and chooses its clock and its sleep.

The tests of the studio itself use it; all other tests use a studio of `tests/doubles/running_studio.py`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import httpx

from stories.api.wire import PollAnswer
from stories.strict_json import JsonObject
from studio.page.routes import SIGN_IN_PATH
from studio.service import Service
from studio.settings import StudioSettings
from tests.doubles.running_studio import KEY, app_with_accounts

OTHER_KEY = "dpct_dev_other-key-of-the-tests"
SMALL = (96, 64)
_URL = "http://127.0.0.1:8787"


@dataclass
class StoppedClock:
    """Wall time that moves when a test says so."""

    seconds: float = 1_800_000_000.0

    def now(self) -> float:
        return self.seconds


@dataclass
class Gate:
    """A sleep that ends when a test lets a scene through."""

    passes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def sleep(self, seconds: float) -> None:
        if seconds:
            await self.passes.acquire()

    def let_through(self, scenes: int) -> None:
        for _ in range(scenes):
            self.passes.release()


@dataclass(frozen=True)
class OpenStudio:
    """A studio in this process, and two clients with accounts of their own."""

    service: Service
    client: httpx.AsyncClient
    other_client: httpx.AsyncClient
    clock: StoppedClock

    def post_log(self) -> list[JsonObject]:
        return [json.loads(line) for line in self.service.directory.requests.read_text().splitlines()]


OpensStudio = Callable[..., AbstractAsyncContextManager[OpenStudio]]


@asynccontextmanager
async def studio_opened(
    directory: Path,
    *,
    balance_eur: str = "100",
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    **chosen: object,
) -> AsyncIterator[OpenStudio]:
    """Open a studio with one slot that draws small pictures, unless `chosen`, which are settings, says otherwise."""
    settings = StudioSettings.model_validate(
        {
            "data_directory": directory,
            "picture_size": SMALL,
            "slots": 1,
            "starting_balance_eur": Decimal(balance_eur),
            **chosen,
        }
    )
    clock = StoppedClock()
    app = app_with_accounts(settings, KEY, OTHER_KEY, now=clock.now, sleep=sleep)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with client_of(transport, KEY) as client, client_of(transport, OTHER_KEY) as other_client:
            yield OpenStudio(app.state.service, client, other_client, clock)


def client_of(transport: httpx.AsyncBaseTransport, key: str, url: str = _URL) -> httpx.AsyncClient:
    """Return a client that sends the key with every request."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(transport=transport, base_url=url, headers=headers)


def browser_of(studio: OpenStudio) -> httpx.AsyncClient:
    """Return a client that keeps cookies and sends no key."""
    return httpx.AsyncClient(transport=studio.client._transport, base_url=_URL)


async def signed_in(studio: OpenStudio, key: str = KEY) -> httpx.AsyncClient:
    """Return a client that has opened the page with a link of this key's account."""
    browser = browser_of(studio)
    answer = await browser.get(SIGN_IN_PATH, params={"token": studio.service.new_page_token(key)})
    assert answer.status_code == 200
    return browser


async def submitted(client: httpx.AsyncClient, storyboard: JsonObject) -> str:
    """Submit a storyboard, and return the id of its job."""
    answer = await client.post("/v1/generate/story", json=storyboard)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


async def polled(
    client: httpx.AsyncClient,
    job_id: str,
    until: Callable[[PollAnswer], bool] = lambda answer: answer.status.is_terminal,
) -> JsonObject:
    """Poll a job, and return the first answer for which `until` is true; pytest's timeout ends a wait in vain."""
    while True:
        document: JsonObject = (await client.get(f"/v1/generate/story/{job_id}")).json()
        if until(PollAnswer.model_validate(document)):
            return document
        await asyncio.sleep(0.005)


def story(*prompts: str, **fields: object) -> JsonObject:
    """Return a storyboard with these prompts and other fields."""
    storyboard: JsonObject = {"scenes": [{"prompt": prompt} for prompt in prompts]}
    return {**storyboard, **fields}  # type: ignore[dict-item] # a test's fields are JSON by construction


AT_SEA_PROMPTS = ["Whisk waves from the lighthouse at dawn", "Whisk and Tom read in the library at night"]
AT_SEA: JsonObject = story(
    *AT_SEA_PROMPTS,
    title="The lighthouse cat",
    characters=[
        {"name": "Whisk", "description": "a small grey cat with a red scarf"},
        {"name": "Tom", "description": "an elderly keeper in a blue coat"},
    ],
    locations=[{"name": "The lighthouse", "description": "a white lighthouse by the sea"}],
)
AT_SEA_EUR = Decimal("0.35")
