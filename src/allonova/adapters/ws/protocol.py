"""uvicorn's WebSocket protocol with a way past ASGI: frames of many sockets are written as they are, and messages are
taken where they arrive. Through ASGI each frame of each socket costs a task's turn, and a silent peer holds its sender.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from allonova.adapters.ws.frames import Encoded
from allonova.adapters.ws.wire import EXTENSION, NO_TEXT, Sink, Wire

LAST_WORDS_S = 5.0  # for a peer to take in why, when the whole server stops
LINGER_S = 30.0  # a slow peer may read what was sent before it hears that it was too slow


class LiveProtocol(WebSocketsSansIOProtocol):
    """Its own wire; ASGI still does the handshake, with refusals over HTTP."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # uvicorn logs the URL of each handshake, in which a ticket may stand.
        self.logger = logging.getLogger("allonova.sockets.protocol")
        self._sink: Sink | None = None
        self._over = asyncio.Event()

    def handle_connect(self, event: Request) -> None:
        """Offers itself to the application."""
        super().handle_connect(event)
        if self.handshake_initiated and not self.handshake_complete:
            self.scope["extensions"][EXTENSION] = {"wire": self}

    async def send(self, message: Any) -> None:
        """See uvicorn, which takes a handshake that was answered over HTTP for one that nobody answered."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True

    def send_receive_event_to_app(self) -> None:
        """A whole message came."""
        if self._sink is None or self.close_sent:
            super().send_receive_event_to_app()
            return
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        if self.curr_msg_data_type != "text":
            self.close(NO_TEXT)
            return
        try:
            text = bytes(data).decode()
        except UnicodeDecodeError:
            self.close(1007)
            return
        self._sink(text)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._over.set()
        super().connection_lost(exc)

    def handle_close(self, event: Any) -> None:
        """The peer says goodbye, or answers ours."""
        self._over.set()
        super().handle_close(event)

    def handle_parser_exception(self) -> None:
        """The peer does not keep to the protocol, or sent too much at once."""
        self._over.set()
        super().handle_parser_exception()

    def shutdown(self) -> None:
        """The server stops."""
        self._over.set()
        super().shutdown()
        self.loop.call_later(LAST_WORDS_S, self.transport.abort)

    def listen(self, sink: Sink) -> None:
        """See Wire. What came before is taken now."""
        self._sink = sink
        while not self.queue.empty():
            message = self.queue.get_nowait()
            if message["type"] == "websocket.receive":
                sink(message.get("text") or "")
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def write(self, frame: Encoded) -> None:
        """See Wire."""
        if not self.close_sent and not self.disconnected:
            self.transport.write(frame.wire)

    def waiting_bytes(self) -> int:
        """See Wire."""
        return self.transport.get_write_buffer_size()

    def close(self, code: int) -> None:
        """See Wire. The frame goes behind what waits; ASGI would first wait until all of that is gone."""
        self._over.set()
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.stop_keepalive()
        self.conn.send_close(code)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.close_timer = self.loop.call_later(LINGER_S, self.transport.abort)

    async def closed(self) -> None:
        """See Wire."""
        await self._over.wait()


def _conforms(protocol: LiveProtocol) -> Wire:
    return protocol
