"""A client's end of a socket, without a network: ASGI's messages, as a server would pass them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, Protocol
from urllib.parse import urlencode

from starlette.types import ASGIApp

PATIENCE_S = 5


class HasSockets(Protocol):
    """Whatever takes sockets."""

    @property
    def sockets(self) -> ASGIApp: ...


class Refused(Exception):
    """The handshake was answered by HTTP."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Line:
    """What a client holds."""

    def __init__(self) -> None:
        self.up: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.down: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.last_id: int | None = None

    async def say(self, kind: str, **data: object) -> None:
        """Send a message."""
        await self.send(json.dumps({"type": kind, "data": data}))

    async def send(self, text: str) -> None:
        """Send anything."""
        await self.up.put({"type": "websocket.receive", "text": text})

    async def next(self, kind: str | None = None) -> Any:
        """The next frame, or the next of a type. Raises AssertionError when it is closed instead."""
        while True:
            message = await asyncio.wait_for(self.down.get(), PATIENCE_S)
            assert message["type"] == "websocket.send", message
            frame = json.loads(message["text"])
            assert set(frame) == {"id", "type", "ts", "data"}
            if frame["id"] is not None:
                self.last_id = frame["id"]
            if kind is None or frame["type"] == kind:
                return frame

    def waiting(self) -> list[Any]:
        """The frames that have come and nobody has read; they stay."""
        found: list[dict[str, Any]] = list(self.down._queue)  # type: ignore[attr-defined]
        return [json.loads(each["text"]) for each in found if each["type"] == "websocket.send"]

    async def close_code(self) -> int:
        """Why it was closed; frames before that are skipped."""
        while True:
            message = await asyncio.wait_for(self.down.get(), PATIENCE_S)
            if message["type"] == "websocket.close":
                return int(message["code"])


@asynccontextmanager
async def line(
    service: HasSockets,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    last_event_id: int | None = None,
    asked: Mapping[str, str] | None = None,
    **query: object,
) -> AsyncIterator[Line]:
    """A socket, accepted. Leaving the block is losing the network. Raises Refused."""
    query = {**query, **(asked or {})}
    if last_event_id is not None:
        query["last_event_id"] = last_event_id
    it = Line()
    scope = {
        "type": "websocket",
        "path": path,
        "query_string": urlencode(query).encode(),
        "headers": [(b"host", b"127.0.0.1:8000")]
        + [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        "extensions": {"websocket.http.response": {}},
    }
    await it.up.put({"type": "websocket.connect"})

    async def send(message: MutableMapping[str, Any]) -> None:
        await it.down.put(dict(message))

    task = asyncio.ensure_future(service.sockets(scope, it.up.get, send))
    try:
        first = await asyncio.wait_for(it.down.get(), PATIENCE_S)
        if first["type"] == "websocket.http.response.start":
            raise Refused(first["status"])
        assert first["type"] == "websocket.accept"
        yield it
    finally:
        await it.up.put({"type": "websocket.disconnect", "code": 1006})
        await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), PATIENCE_S)
