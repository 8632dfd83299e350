"""What a connection may send and how slowly, on real connections."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.server import ServerState

from allonova.adapters.http.intake import HEAD_NUMBER, LINGER_BYTES, BoundedProtocol

SOON_S = 10.0
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
HEAD = b"POST /x HTTP/1.1\r\nHost: a\r\n"


class Hasty(BoundedProtocol):
    """Whose patience a test can wait for."""

    head_bytes = 1000
    head_s = 0.2
    body_s = 0.2


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the size of the body; at once, unread, when the path says so."""
    size, more = 0, scope["path"] != "/at-once"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    told = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(told))]})
    await send({"type": "http.response.body", "body": told})


@asynccontextmanager
async def connected(kind: type[BoundedProtocol] = Hasty, app: Any = echo) -> AsyncIterator[tuple[Any, Any]]:
    """A connection to a server of this protocol."""
    config, state = uvicorn.Config(app, http=kind, log_config=None, lifespan="off"), ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: kind(config=config, server_state=state, app_state={}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()
        await asyncio.gather(*state.tasks)


async def until_closed(reader: Any) -> bytes:
    """What came before the server closed."""
    try:
        return bytes(await asyncio.wait_for(reader.read(), SOON_S))
    except ConnectionResetError:
        return b""


async def refused(*pieces: bytes, kind: type[BoundedProtocol] = Hasty) -> tuple[int, Any]:
    """What somebody is told who sends this and no more."""
    async with connected(kind) as (reader, writer):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        head, _, body = (await until_closed(reader)).partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["error"]["code"] if body else None


async def test_request_is_served_when_it_comes_in_pieces() -> None:
    async with connected(BoundedProtocol) as (reader, writer):
        for _ in range(2):
            for piece in (HEAD[:9], HEAD[9:], b"Content-Length: 6\r\n\r\nabc", b"def"):
                writer.write(piece)
                await writer.drain()
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(1) == b"6"


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"X-Long: " + b"a" * 2000,  # which never ends
        HEAD + b"X-Long: " + b"a" * 2000 + b"\r\n\r\n",
        b"GET /" + b"a" * 2000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        HEAD + b"".join(b"%d: a\r\n" % number for number in range(HEAD_NUMBER)) + b"\r\n",
        HEAD + b"Upgrade: websocket\r\nConnection: upgrade\r\nX-Long: " + b"a" * 2000 + b"\r\n\r\n",
    ],
    ids=["without end", "header", "url", "many", "handshake"],
)
async def test_head_is_refused_when_it_is_too_large(head: bytes) -> None:
    assert await refused(head) == (431, "payload_too_large")


async def test_connection_is_closed_when_nothing_comes() -> None:
    assert await refused() == (408, None)


async def test_connection_is_closed_when_a_head_does_not_end() -> None:
    assert await refused(HEAD) == (408, None)


async def test_connection_is_closed_when_a_body_does_not_end() -> None:
    assert await refused(HEAD + b"Content-Length: 9\r\n\r\nabc") == (408, None)


async def test_body_has_longer_when_more_of_it_came() -> None:
    protocol = type("Slow", (Hasty,), {"slowest_bps": 1000, "body_s": 0.0})
    began = asyncio.get_running_loop().time()
    assert await refused(HEAD + b"Content-Length: 9999\r\n\r\n" + b"a" * 300, kind=protocol) == (408, None)
    assert asyncio.get_running_loop().time() - began >= 0.3


@pytest.mark.parametrize("junk", [b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GET\r\n\r\n", HEAD + b"a\x00b: c\r\n\r\n"])
async def test_refusal_is_ours_when_it_is_no_http(junk: bytes) -> None:
    assert await refused(junk) == (400, "validation_error")


async def test_sender_is_left_when_a_refused_body_goes_on() -> None:
    async with connected(BoundedProtocol) as (reader, writer):
        writer.write(HEAD.replace(b"/x", b"/at-once") + b"Content-Length: 99999999\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        writer.write(b"a" * (2 * LINGER_BYTES))
        assert await until_closed(reader) in (b"0", b"")


async def test_answer_in_hand_is_not_disturbed_when_the_next_head_is_too_large() -> None:
    async with connected() as (reader, writer):
        writer.write(HEAD + b"\r\n" + HEAD + b"X-Long: " + b"a" * 2000 + b"\r\n\r\n")
        said = await until_closed(reader)
    assert b"431" not in said


async def test_socket_is_not_begun_when_its_head_is_too_large() -> None:
    began: list[str] = []

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        began.append(scope["type"])

    handshake = b"GET /x HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nX-Long: "
    async with connected(app=noting) as (reader, writer):
        writer.write(
            handshake + b"a" * 2000 + b"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + b"\r\n\r\n"
        )
        said = await until_closed(reader)
    assert said.startswith(b"HTTP/1.1 431")
    assert began == []


async def test_sender_is_not_blamed_when_it_was_us_who_did_not_read() -> None:
    looked, read_on = asyncio.Event(), asyncio.Event()

    class Looking(Hasty):
        slowest_bps = 10**9

        def _look(self) -> None:
            super()._look()
            looked.set()

    async def waiting(scope: Any, receive: Any, send: Any) -> None:
        await read_on.wait()
        await echo(scope, receive, send)

    async with connected(Looking, waiting) as (reader, writer):
        size = 4 * HIGH_WATER_LIMIT
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % size + b"a" * size)
        await asyncio.wait_for(looked.wait(), SOON_S)
        read_on.set()
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(len(str(size))) == str(size).encode()
