"""The studio's HTTP connections: uvicorn's, and none of them waits for a request's head for ever."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class PunctualProtocol(H11Protocol):
    """Closes a connection whose request head has not arrived in time, byte by byte or not at all.

    uvicorn has a limit for the pause between two requests, which the first byte of the next one lifts.
    """

    head_seconds: float
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self.head_seconds, transport.abort)

    def data_received(self, data: bytes) -> None:
        if self._deadline is None and self.conn.their_state is h11.IDLE:
            self._deadline = self.loop.call_later(self.head_seconds, self.transport.abort)
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._forget_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def punctual(head_seconds: float) -> type[PunctualProtocol]:
    """The protocol with this limit, for uvicorn makes the connections itself."""
    return type("PunctualProtocol", (PunctualProtocol,), {"head_seconds": head_seconds})
