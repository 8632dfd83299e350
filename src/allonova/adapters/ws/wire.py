"""The connection under a socket: uvicorn's own transport where it is there, else plain ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from starlette.types import Receive, Scope, Send

from allonova.adapters.ws.frames import Encoded

EXTENSION = "allonova.wire"
NO_TEXT = 1003  # RFC 6455: a binary message came

type Sink = Callable[[str], None]
"""Takes a text message, at once."""


class Wire(Protocol):
    """A connection whose handshake is done."""

    def listen(self, sink: Sink) -> None:
        """Who takes the messages."""

    def write(self, frame: Encoded) -> None:
        """Never waits."""

    def waiting_bytes(self) -> int:
        """What was written and the other side has not yet let in."""

    def close(self, code: int) -> None:
        """Say why, and hang up once the other side has heard; after a while in any case."""

    async def closed(self) -> None:
        """Returns when the connection is over, or about to be."""


class AsgiWire:
    """Over ASGI's messages, with a queue and a task to send. For servers other than ours, and tests without one."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._queue: asyncio.Queue[Encoded | int] = asyncio.Queue()
        self._waiting_bytes = 0
        self._sink: Sink | None = None
        self._over = asyncio.Event()
        self._task = asyncio.create_task(self._send_for_ever(), name="socket's sender")

    def listen(self, sink: Sink) -> None:
        """See Wire."""
        self._sink = sink

    def write(self, frame: Encoded) -> None:
        """See Wire."""
        if not self._over.is_set():
            self._waiting_bytes += len(frame.json)
            self._queue.put_nowait(frame)

    def waiting_bytes(self) -> int:
        """See Wire."""
        return self._waiting_bytes

    def close(self, code: int) -> None:
        """See Wire."""
        if not self._over.is_set():
            self._over.set()
            self._queue.put_nowait(code)

    async def closed(self) -> None:
        """See Wire. Takes what comes in meanwhile."""
        hearing = asyncio.create_task(self._hear(), name="socket's hearer")
        try:
            await self._over.wait()
            await self._task
        finally:
            hearing.cancel()
            self._task.cancel()
            await asyncio.gather(hearing, self._task, return_exceptions=True)

    async def _hear(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                self._over.set()
                self._task.cancel()
                return
            text: str | None = message.get("text")
            if text is None:
                self.close(NO_TEXT)
            elif self._sink is not None:
                self._sink(text)

    async def _send_for_ever(self) -> None:
        while True:
            item = await self._queue.get()
            if isinstance(item, int):
                await self._send({"type": "websocket.close", "code": item})
                return
            await self._send({"type": "websocket.send", "text": item.json.decode()})
            self._waiting_bytes -= len(item.json)


def wire_of(scope: Scope, receive: Receive, send: Send) -> Wire:
    """The best that this server has."""
    own: Wire | None = scope.get("extensions", {}).get(EXTENSION, {}).get("wire")
    return own if own is not None else AsgiWire(receive, send)
