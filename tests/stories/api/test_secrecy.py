"""Neither the key nor the signature of a URL is in a log record, in an exception, or in what causes it."""

import logging
import traceback
from collections.abc import Awaitable, Callable

import pytest
from pydantic import SecretStr

from stories.api.access import ApiAccess
from stories.api.image_hosts import ImageHosts
from stories.api.images import ImageClient
from stories.api.poll import PollClient
from stories.api.retries import Retries
from stories.api.submit import SubmitClient
from stories.api.transport import Timeouts
from stories.errors import StoriesError
from tests.doubles.scripted_server import ScriptedServer, Turn, answer, close_on_accept, hang_after, reply

SIGNATURE = "canary-signature"
QUICK = Timeouts(connect_seconds=1.0, read_seconds=0.02, total_seconds=1.0)
TURNS = [
    answer(200, {"job_id": "j1", "status": "pending"}),
    answer(202, {"job_id": "j1"}),
    answer(307, b"", {"Location": "/elsewhere"}),
    answer(401, {"error": "authentication_error", "message": "Who are you?"}),
    answer(403),
    answer(429),
    answer(500, b"<html>"),
    answer(200, b"<html>"),
    answer(200, {"result": {"scenes": [{"image_url": f"https://images.depicta.ai/a?sig={SIGNATURE}"}]}}),
    reply(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{}"),
    reply(b"nonsense\r\n\r\n"),
    close_on_accept,
    hang_after(b""),
]


def every_text(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + repr(error.__cause__)


async def failure_of(call: Callable[[], Awaitable[object]]) -> str:
    try:
        await call()
    except StoriesError as error:
        return every_text(error)
    return ""


@pytest.mark.parametrize("turn", TURNS)
async def test_no_secret_is_told(
    turn: Turn, key: SecretStr, retries: Retries, caplog: pytest.LogCaptureFixture
) -> None:
    """Every logger at DEBUG, httpx and httpcore too, and nobody has quieted them."""
    caplog.set_level(logging.DEBUG)
    async with ScriptedServer(turn) as server:
        access = ApiAccess(server.url, key)
        image_url = f"{server.url}/a.png?exp=1&sig={SIGNATURE}"
        async with (
            SubmitClient(access, QUICK) as submit,
            PollClient(access, retries, timeouts=QUICK) as polls,
            ImageClient(ImageHosts.of(access), retries, timeouts=QUICK) as images,
        ):
            report = await submit.send(b"{}", idempotency_key="k")
            told = [
                repr(report),
                await failure_of(polls.profile),
                await failure_of(lambda: polls.job("j1")),
                await failure_of(lambda: images.fetch(image_url)),
                await failure_of(lambda: images.fetch(image_url.replace("http://", "ftp://"))),
                await failure_of(lambda: images.fetch(image_url.replace("127", "128"))),
                repr((access, submit, polls, images)),
            ]
    assert server.requests or turn is close_on_accept
    for text in (*told, caplog.text, *(str(record.__dict__) for record in caplog.records)):
        assert key.get_secret_value() not in text
        assert SIGNATURE not in text
