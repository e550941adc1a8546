"""The whole way over a real socket: the real submit client, a server that misbehaves, and the record that results."""

import pytest
from pydantic import SecretStr

from stories.api.access import ApiAccess
from stories.api.submit import SubmitClient
from stories.ledger.decisions import RunAction
from stories.ledger.states import SubmitState
from tests.doubles.ledger_processes import Process, a_story
from tests.doubles.scripted_server import (
    ScriptedServer,
    Turn,
    answer,
    close_on_accept,
    closed_port,
    raw_answer,
    reply,
    reset_after,
    reset_in_request,
)

STORY = a_story()
State = SubmitState
ACCEPTED = raw_answer(202, {"job_id": "job-1", "poll_url": "/v1/generate/story/job-1"})


async def submit(process: Process, url: str) -> tuple[SubmitState, RunAction, str | None]:
    async with SubmitClient(ApiAccess(url, SecretStr("dpct_dev_0123456789abcdef"))) as client:
        submission = await process.submit(STORY, client)
    stored = await process.ledger.entry(STORY.story_id)
    assert stored.state is submission.entry.state
    return stored.state, submission.run_action, stored.job_id


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (reply(ACCEPTED), (State.ACCEPTED, RunAction.GO_ON, "job-1")),
        (reset_after(ACCEPTED[:-1]), (State.IN_DOUBT, RunAction.COUNT_FAULT, None)),
        (reset_in_request, (State.IN_DOUBT, RunAction.COUNT_FAULT, None)),
        (close_on_accept, (State.IN_DOUBT, RunAction.COUNT_FAULT, None)),
        (answer(202, b"<html>"), (State.IN_DOUBT, RunAction.COUNT_FAULT, None)),
        (answer(422, {"error": "validation_error", "message": "no"}), (State.REJECTED, RunAction.GO_ON, None)),
        (answer(429, {"error": "rate_limited", "message": ""}), (State.UNSENT, RunAction.BACK_OFF, None)),
        (answer(402, {"error": "insufficient_credits"}), (State.UNSENT, RunAction.TRIP_BREAKER, None)),
        (answer(503, b"<html>", {"Retry-After": "1"}), (State.IN_DOUBT, RunAction.COUNT_FAULT, None)),
        (answer(503, {"error": "busy"}, {"Retry-After": "1"}), (State.UNSENT, RunAction.BACK_OFF, None)),
        (answer(307, b"", {"Location": "https://else.test/"}), (State.IN_DOUBT, RunAction.STOP_RUN, None)),
    ],
)
async def test_what_the_wire_did_is_what_the_ledger_says(
    process: Process, turn: Turn, expected: tuple[SubmitState, RunAction, str | None]
) -> None:
    async with ScriptedServer(turn) as server:
        assert await submit(process, server.url) == expected
        assert server.connections == 1


async def test_a_refused_connection_provably_sent_nothing(process: Process) -> None:
    assert await submit(process, f"http://127.0.0.1:{closed_port()}") == (State.UNSENT, RunAction.BACK_OFF, None)
    async with ScriptedServer(reply(ACCEPTED)) as server:
        assert await submit(process, server.url) == (State.ACCEPTED, RunAction.GO_ON, "job-1")
        assert server.requests[0].body == STORY.body
        assert server.requests[0].header("idempotency-key") is not None
