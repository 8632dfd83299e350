"""How the server of a process takes connections."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvloop

from allonova.main.serving import Exit, Server, server_config

CROWD, TURNS = 160, 40


async def an_app(scope: Any, receive: Any, send: Any) -> None:
    """Knows of nothing but its own start and end."""
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


async def turns_until_all_are_taken() -> int:
    """So often the loop looks around while a crowd that came at once is let in."""
    config = server_config(an_app, host="127.0.0.1", port=0, drain_s=0, sockets=False)
    server, turns = Server(config, Exit(), drain_s=0), 0
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    address = server.servers[0].sockets[0].getsockname()
    crowd = [socket.create_connection(address) for _ in range(CROWD)]  # the kernel shakes hands; the loop stands still
    while len(server.server_state.connections) < CROWD:
        turns += 1
        await asyncio.sleep(0)
    for one in crowd:
        one.close()
    server.should_exit = True
    await task
    with socket.create_server(address):  # all doors are closed: the port is free
        return turns


def test_nobody_waits_for_many_turns_when_a_crowd_comes_at_once() -> None:
    assert uvloop.run(asyncio.wait_for(turns_until_all_are_taken(), 20)) <= TURNS
