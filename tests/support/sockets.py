"""A client's end of a socket, without a network: ASGI's messages, as a server would pass them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlencode

from starlette.types import ASGIApp

from allonova.adapters.ws.asyncapi import asyncapi
from allonova.adapters.ws.channels import ROUTES
from tests.support.documented import Documented

PATIENCE_S = 5
MARK = "mark"
"""What tests put last into a channel, to see that nothing came before it."""


class HasSockets(Protocol):
    """Whatever takes sockets."""

    @property
    def sockets(self) -> ASGIApp: ...


class Refused(Exception):
    """The handshake was answered by HTTP."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


@cache
def _announced() -> tuple[Documented, dict[tuple[str, str], Any]]:
    """What the AsyncAPI says of each frame, by the channel's address and the type."""
    document = asyncapi(ROUTES, title="", version="")
    frames = {
        (channel["address"], message["name"]): message["payload"]
        for channel in document["channels"].values()
        for key, message in channel["messages"].items()
        if key.startswith("shown")
    }
    return Documented((), document["components"]["schemas"]), frames


def require_announced(path: str, frame: Any) -> None:
    """Fails for a frame that the channel does not announce, and for a key too many or too few."""
    route = next((route for route in ROUTES if route.match(path) is not None), None)
    if route is None or frame["type"] == MARK:
        return  # made up by a test
    shapes, frames = _announced()
    assert (route.path, frame["type"]) in frames, f"{route.path} does not announce {frame['type']}"
    odd = list(shapes.odd_keys(frame, frames[route.path, frame["type"]], frame["type"]))
    assert odd == [], f"{route.path}: {odd}"


class Line:
    """What a client holds."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.up: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.down: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.last_id: int | None = None

    async def say(self, kind: str, **data: object) -> None:
        """Send a message."""
        await self.send(json.dumps({"type": kind, "data": data}))

    async def send(self, text: str) -> None:
        """Send anything."""
        await self.up.put({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        await self.up.put({"type": "websocket.receive", "bytes": data})

    async def next(self, kind: str | None = None) -> Any:
        """The next frame, or the next of a type. Raises AssertionError when it is closed instead."""
        while True:
            message = await asyncio.wait_for(self.down.get(), PATIENCE_S)
            assert message["type"] == "websocket.send", message
            frame = json.loads(message["text"])
            require_announced(self.path, frame)
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
    it = Line(path)
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
