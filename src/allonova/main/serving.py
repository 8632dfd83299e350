"""The server of a process, and how it stops: it says so first, and lets everybody go in peace."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Any

import uvicorn

from allonova.adapters.http.intake import BoundedProtocol
from allonova.adapters.ws.hub import Hub
from allonova.adapters.ws.protocol import LiveProtocol
from allonova.adapters.ws.socket import MAX_BYTES

STOP_S = 20  # realtime.md: from SIGTERM to the end
LAST_S = 3  # of them for connections to vendors and stores
# Longer than proxies and HTTP clients keep an idle connection (nginx 60 s, httpx 5 s): a server that closes first loses
# the request that is just being sent.
KEEP_ALIVE_S = 75
PING_S, SILENT_S = 20, 60  # realtime.md
DOORS = 16  # connections that are taken in a turn of the loop; each costs those who come alone a microsecond
CONNECTIONS = 10_000  # most of them are sockets, which only wait


class Exit:
    """What a signal must reach: the sockets of the process, once there are any."""

    def __init__(self) -> None:
        self.hub: Hub | None = None

    def begin(self) -> None:
        """Sockets are sent away, `/readyz` turns red, answers close their connections."""
        if self.hub is not None:
            self.hub.dismiss()


class Server(uvicorn.Server):
    """On SIGTERM it goes on serving for a while, so that whoever sends it work hears that it stops; then it takes
    nothing new and finishes what it has. Ctrl-C, or a second signal, does not wait.
    """

    def __init__(self, config: uvicorn.Config, leaving: Exit, *, drain_s: float) -> None:
        super().__init__(config)
        self._leaving = leaving
        self._drain_s = drain_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_asked = False

    async def serve(self, sockets: Any = None) -> None:
        """See uvicorn."""
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    async def startup(self, sockets: Any = None) -> None:
        """See uvicorn. uvloop takes one connection from each listening socket in a turn of the loop, however long the
        turn was: of a thousand who came at once the last waited for seconds, while those before him were served again
        and again. So the same socket is listened on several times.
        """
        await super().startup(sockets)
        loop, doors = asyncio.get_running_loop(), [door for server in self.servers for door in server.sockets]
        for door in doors * (DOORS - 1):
            again = socket.socket(fileno=os.dup(door.fileno()))
            self.servers.append(await loop.create_server(self._protocol, sock=again, backlog=self.config.backlog))

    def _protocol(self) -> asyncio.Protocol:
        protocol: type[Any] = self.config.http_protocol_class
        return protocol(  # type: ignore[no-any-return]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came: between two instructions of whatever runs."""
        if self._loop is None or self._is_asked or sig != signal.SIGTERM:
            super().handle_exit(sig, frame)
            return
        self._is_asked = True
        self._loop.call_soon_threadsafe(self._drain, sig)

    def _drain(self, sig: int) -> None:
        self._leaving.begin()
        asyncio.get_running_loop().call_later(self._drain_s, super().handle_exit, sig, None)


class _Beside(uvicorn.Server):
    """In a process that hears signals by itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See uvicorn."""
        yield


@asynccontextmanager
async def serving_beside(app: Any, *, host: str, port: int) -> AsyncIterator[None]:
    """Serve it beside the process' own work, until the end of the block. Raises OSError when the port is taken."""
    door = socket.create_server((host, port))  # not uvicorn's to open: it would end the process
    patience_s = 1  # for a scrape under way
    config = server_config(app, host=host, port=port, drain_s=STOP_S - LAST_S - patience_s, sockets=False)
    server = _Beside(config)
    task = asyncio.create_task(server.serve([door]), name="beside")
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.gather(task, return_exceptions=True)


def server_config(app: Any, *, host: str, port: int, drain_s: float, sockets: bool) -> uvicorn.Config:
    """How every process serves."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # the address of a caller is ours to judge: adapters/http/guard.py
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(STOP_S - LAST_S - drain_s),
        limit_concurrency=CONNECTIONS,
        http=BoundedProtocol,
        ws=LiveProtocol if sockets else "none",
        ws_max_size=MAX_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=SILENT_S - PING_S,
        ws_per_message_deflate=False,  # a window a socket costs more memory than it saves traffic on such small frames
    )
