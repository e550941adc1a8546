"""A send that has begun runs to its end, and its report is heard (fact F4)."""

import asyncio
import threading

from pydantic import SecretStr

from stories.api.access import ApiAccess
from stories.api.submit import SendReport, SubmitClient
from tests.doubles.scripted_server import Connection, ScriptedServer, hang_after, raw_answer

ACCEPTED = raw_answer(202, {"job_id": "j1"})


class Patient:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.arrived, self.released = asyncio.Event(), asyncio.Event()

    async def __call__(self, connection: Connection) -> None:
        await connection.read_request()
        self.arrived.set()
        await self.released.wait()
        await connection.send(ACCEPTED)


async def test_a_cancelled_send_finishes_and_reports(key: SecretStr) -> None:
    patient = Patient()
    async with ScriptedServer(patient) as server, SubmitClient(ApiAccess(server.url, key)) as client:
        send = asyncio.create_task(client.send(b"{}", idempotency_key=None))
        await patient.arrived.wait()
        for _ in range(3):
            send.cancel()
            await asyncio.sleep(0)
        assert not send.done()
        patient.released.set()
        report = await send
    assert (report.http_status, report.job_id, report.failure) == (202, "j1", None)
    assert send.cancelling() == 3


async def test_the_caller_can_record_before_it_honours_the_cancellation(key: SecretStr) -> None:
    patient, recorded = Patient(), []

    async def submit(client: SubmitClient) -> None:
        report = await client.send(b"{}", idempotency_key=None)
        await asyncio.sleep(0)
        recorded.append(report.job_id)
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError

    async with ScriptedServer(patient) as server, SubmitClient(ApiAccess(server.url, key)) as client:
        step = asyncio.create_task(submit(client))
        await patient.arrived.wait()
        step.cancel()
        patient.released.set()
        await asyncio.wait({step})
    assert step.cancelled()
    assert recorded == ["j1"]


async def test_a_send_that_is_to_hurry_tells_after_seconds_that_nobody_knows(key: SecretStr) -> None:
    patient = Patient()
    async with (
        ScriptedServer(patient) as server,
        SubmitClient(ApiAccess(server.url, key), last_wait_seconds=0.01) as client,
    ):
        send = asyncio.create_task(client.send(b"{}", idempotency_key=None))
        await patient.arrived.wait()
        client.hurry()
        report = await send
        patient.released.set()
    assert (report.bytes_sent, report.http_status, report.failure) == (True, None, "CancelledError")


async def test_an_answer_that_comes_while_a_send_hurries_is_heard(key: SecretStr) -> None:
    patient = Patient()
    async with ScriptedServer(patient) as server, SubmitClient(ApiAccess(server.url, key)) as client:
        send = asyncio.create_task(client.send(b"{}", idempotency_key=None))
        await patient.arrived.wait()
        client.hurry()
        patient.released.set()
        assert (await send).job_id == "j1"


async def test_a_caller_that_runs_out_of_time_gets_the_report_all_the_same(key: SecretStr) -> None:
    patient = Patient()
    async with ScriptedServer(patient) as server, SubmitClient(ApiAccess(server.url, key)) as client:
        asyncio.get_running_loop().call_later(0.02, patient.released.set)
        async with asyncio.timeout(0.01):
            report = await client.send(b"{}", idempotency_key=None)
    assert report.job_id == "j1"


async def test_a_send_that_never_began_sent_nothing(key: SecretStr) -> None:
    async with ScriptedServer(hang_after(b"")) as server, SubmitClient(ApiAccess(server.url, key)) as client:
        send = asyncio.create_task(client.send(b"{}", idempotency_key=None))
        send.cancel()
        await asyncio.wait({send})
    assert send.cancelled()
    assert server.connections == 0


async def test_a_loop_that_shuts_down_leaves_a_report_of_doubt(key: SecretStr) -> None:
    """`asyncio.run` ends by cancelling every task, the POST itself too: what was seen until then is still told."""
    reports: list[SendReport] = []
    arrived = threading.Event()

    async def silent(connection: Connection) -> None:
        await connection.read_request()
        arrived.set()
        await connection.hang()

    async def submit(url: str) -> None:
        async with SubmitClient(ApiAccess(url, key)) as client:
            reports.append(await client.send(b"{}", idempotency_key=None))

    async def ends_too_early(url: str) -> asyncio.Task[None]:
        step = asyncio.create_task(submit(url))
        await asyncio.to_thread(arrived.wait)
        return step

    async with ScriptedServer(silent) as server:
        await asyncio.to_thread(lambda: asyncio.run(ends_too_early(server.url)))
    assert [(report.bytes_sent, report.http_status, report.failure) for report in reports] == [
        (True, None, "CancelledError")
    ]
