"""Somebody who does not read what he is sent: others notice nothing, and he is told why he had to go."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from allonova.adapters.local.bus import LocalBus
from allonova.adapters.ws.frames import Encoded
from allonova.adapters.ws.socket import MAX_WAITING_BYTES, Socket
from allonova.adapters.ws.wire import AsgiWire
from allonova.application.kernel.live import Kept
from tests.support.factories import new_id
from tests.support.sockets import PATIENCE_S
from tests.ws.stand import standing

PAGE = "x" * 10_000


@pytest.mark.promise("slow-reader")
async def test_silent_one_is_sent_away_when_others_read() -> None:
    """His kernel takes in megabytes before anything waits for him."""
    async with standing(LocalBus(), over_network=True) as stand:
        url = f"ws://127.0.0.1:{stand.port}/ws/halls/a"
        async with (
            connect(url, compression=None, max_queue=1, proxy=None) as silent,
            stand.enter("/ws/halls/a", headers={}) as reader,
        ):
            await stand.joined(2)
            sent = 0
            while len(stand.hub) == 2:
                await stand.post(PAGE)
                assert (await reader.next())["data"]["text"] == PAGE
                sent += 1
                assert sent < 5000
            await stand.post("after")
            assert (await reader.next())["data"]["text"] == "after"
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(read(silent, sent + 1), PATIENCE_S)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1013


async def read(connection: ClientConnection, count: int) -> None:
    for _ in range(count):
        await connection.recv()


@pytest.mark.promise("slow-reader")
async def test_nothing_more_is_kept_for_him_when_too_much_waits() -> None:
    """Over ASGI's messages: its server does not let them out."""
    stuck = asyncio.Event()

    async def receive() -> dict[str, str]:
        await stuck.wait()
        return {"type": "websocket.disconnect"}

    async def send(message: object) -> None:
        await stuck.wait()

    wire = AsgiWire(receive, send)
    it = Socket(new_id(), wire, session_id=None, heard=lambda _: None)
    it.accept()
    frame = Encoded(Kept(1, b'{"data":"' + b"x" * 10_000 + b'"}').body)
    for _ in range(MAX_WAITING_BYTES // 10_000 + 5):
        it.show(frame)
    assert not it.is_open
    assert wire.waiting_bytes() <= MAX_WAITING_BYTES + 2 * len(frame.json)
    stuck.set()
    await it.closed()
