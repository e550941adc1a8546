"""ASGI middleware that injects the enabled faults, between the request log and the rest of the application.

Each fault draws from its own generator, so with one seed the same requests in the same order meet the same faults.
The request log names every injected fault.
"""

import asyncio
import random
import socket
import struct
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stories.api.wire import JOBS_PATH, PROFILE_PATH, SUBMIT_PATH
from studio.api.pictures import IMAGES_PATH
from studio.api.request_log import ANSWER_LOST
from studio.faults.alterations import Answer, Delivery, Occasion
from studio.faults.table import FAULTS, Fault, Place, Timing

_NO_LINGER = struct.pack("ii", 1, 0)


class FaultInjection:
    """The middleware; a request on which no fault occurs passes unchanged."""

    def __init__(self, app: ASGIApp, *, odds: Mapping[str, float], seed: int, now: Callable[[], float]) -> None:
        self._app = app
        self._odds = odds
        self._faults = [fault for fault in FAULTS.values() if fault.name in odds]
        # The draws must repeat for one seed; they protect nothing.
        self._generators = {name: random.Random(f"{seed} {name}") for name in odds}  # noqa: S311
        self._jobs: dict[tuple[str, str], bool] = {}
        self._accepted: tuple[str, ...] = ()
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._faults or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        place, job_id = _place_of(scope["method"], scope["path"])
        faults = [fault for fault in self._faults if fault.place is place]
        if not faults:
            await self._app(scope, receive, send)
            return
        for fault in faults:
            if fault.timing is Timing.INSTEAD and self._occurs(fault, job_id):
                while (await receive()).get("more_body"):  # a client that is still sending would meet another error
                    pass
                await _deliver(await self._altered([fault], job_id, Answer(), scope), scope, receive, send)
                return
        twin = next((it for it in faults if it.timing is Timing.TWICE and self._occurs(it, job_id)), None)
        if twin is not None:
            scope.setdefault("state", {})["fault"] = twin.name
            receive = await self._sent_by_another_program(scope, receive)
        after = [fault for fault in faults if fault.timing is Timing.AFTER]
        answer = await _answer_of(self._app, scope, receive)
        await _deliver(await self._altered(after, job_id, answer, scope), scope, receive, send)
        if place is Place.SUBMIT and answer.status == 202:
            self._accepted = (*self._accepted[-9:], scope["state"]["job_id"])

    def _occurs(self, fault: Fault, job_id: str) -> bool:
        """Draw whether the fault occurs on this request; a `per_job` fault keeps the first draw of its job."""
        subject = (fault.name, job_id)
        if fault.per_job and subject in self._jobs:
            return self._jobs[subject]
        occurs = self._generators[fault.name].random() < self._odds[fault.name]
        if fault.per_job:
            self._jobs[subject] = occurs
        return occurs

    async def _altered(self, faults: list[Fault], job_id: str, answer: Answer, scope: Scope) -> Answer:
        """Return the answer as altered by the first fault that applies to it and occurs."""
        occasion = Occasion(self._now(), self._accepted)
        for fault in faults:
            altered = await asyncio.to_thread(fault.alter, answer, occasion)
            if altered is not None and (fault.timing is Timing.INSTEAD or self._occurs(fault, job_id)):
                scope.setdefault("state", {})["fault"] = fault.name
                return altered
        return answer

    async def _sent_by_another_program(self, scope: Scope, receive: Receive) -> Receive:
        """Act on the request as if another program had sent it; return a `receive` that yields the request again."""
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        headers = [(name, value) for name, value in scope["headers"] if name != b"idempotency-key"]
        await _answer_of(self._app, {**scope, "headers": headers, "state": {}}, _again(messages, receive))
        return _again(messages, receive)


def _place_of(method: str, path: str) -> tuple[Place | None, str]:
    """Return the kind of the request that faults know, and the id of its job if it names one."""
    job_id = path.rpartition("/")[2]
    if method == "POST" and path == SUBMIT_PATH:
        return Place.SUBMIT, ""
    if method == "GET":
        if path in {JOBS_PATH, PROFILE_PATH}:
            return (Place.JOBS if path == JOBS_PATH else Place.PROFILE), ""
        if path.startswith((f"{SUBMIT_PATH}/", f"{JOBS_PATH}/")):
            return Place.POLL, job_id
        if path.startswith(f"{IMAGES_PATH}/"):
            return Place.IMAGE, job_id
    return None, ""


def _again(messages: list[Message], receive: Receive) -> Receive:
    left = iter(messages)

    async def receive_again() -> Message:
        return next(left, None) or await receive()

    return receive_again


async def _answer_of(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """Return the application's answer without sending it."""
    head: Message = {}
    body = bytearray()

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            head.update(message)
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, keep)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head["headers"]}
    return Answer(head["status"], headers, bytes(body))


async def _deliver(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    if answer.delivery in {Delivery.RESET, Delivery.HANG}:
        await send({"type": ANSWER_LOST, "status": answer.status})
        if answer.delivery is Delivery.RESET:
            _reset(scope)
        await _client_gone(receive)
        return
    length = {} if answer.delivery is Delivery.ENDLESS else {"content-length": str(len(answer.body))}
    headers = [(name.encode(), value.encode("latin-1")) for name, value in {**length, **answer.headers}.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.delivery is Delivery.ENDLESS:
        await _send_for_ever(answer.body, receive, send)
        return
    # The server closes the connection of an answer whose last message promises more body.
    is_cut = answer.delivery is Delivery.CUT
    await send({"type": "http.response.body", "body": answer.body, "more_body": is_cut})


async def _send_for_ever(piece: bytes, receive: Receive, send: Send) -> None:
    gone = asyncio.ensure_future(_client_gone(receive))
    try:
        while not gone.done():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(0)
    finally:
        gone.cancel()


async def _client_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _reset(scope: Scope) -> None:
    """Reset the TCP connection; `studio.server` shares its connections with the application."""
    for connection in scope["app"].state.connections:
        if connection.client == scope["client"]:
            connection.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            connection.transport.abort()
            return
    raise RuntimeError("only a connection over a socket can be reset")
