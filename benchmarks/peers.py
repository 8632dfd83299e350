"""Clients of sockets that count frames and look at nothing in them, so that they cost little."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from dataclasses import dataclass, field

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


@dataclass(slots=True)
class Watch:
    """When frames came, in seconds since the last start."""

    started: float = 0.0
    wanted: int = 0
    at: list[float] = field(default_factory=list)
    is_full: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self, wanted: int) -> None:
        """From now on, until so many have come."""
        self.started, self.wanted, self.at = time.perf_counter(), wanted, []
        self.is_full.clear()

    def note(self) -> None:
        """One came."""
        self.at.append(time.perf_counter() - self.started)
        if len(self.at) >= self.wanted:
            self.is_full.set()


class Peer(asyncio.Protocol):
    """A socket that counts frames and looks at nothing in them, so that the client costs little."""

    def __init__(self, request: bytes, watch: Watch | None) -> None:
        self.request = request
        self.watch = watch
        self.size = 0
        self.close_code: int | None = None
        self.is_up = asyncio.Event()
        self.is_over = asyncio.Event()
        self._read = b""
        self._left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shakes hands."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Finds where frames end."""
        if not self.is_up.is_set():
            _, _, data = data.partition(b"\r\n\r\n")
            self.is_up.set()
        self.size += len(data)
        while data:
            if self._left:
                taken = min(self._left, len(data))
                self._left -= taken
                data = data[taken:]
                if self._left == 0 and self.watch is not None:
                    self.watch.note()
                continue
            self._read, data = self._read + data, b""
            if len(self._read) < 4:
                break
            short = self._read[1]
            if self._read[0] == 0x88:
                self.close_code = struct.unpack("!H", self._read[2:4])[0]
                return
            if self._read[0] == 0x89:
                if len(self._read) < 2 + short:
                    break
                self.transport.write(b"\x8a" + bytes([0x80 | short]) + b"\0\0\0\0" + self._read[2 : 2 + short])
                self._read, data = b"", self._read[2 + short :]
                continue
            head, self._left = (4, struct.unpack("!H", self._read[2:4])[0]) if short == 126 else (2, short)
            self._read, data = b"", self._read[head:]

    def connection_lost(self, error: Exception | None) -> None:
        """It is over."""
        self.is_over.set()

    def say(self, text: str) -> None:
        """One masked text frame; the mask is zero."""
        data = text.encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack("!H", len(data))
        self.transport.write(b"\x81" + size + b"\0\0\0\0" + data)


async def open_peer(port: int, path: str, token: str, watch: Watch | None = None, *, silent: bool = False) -> Peer:
    """A socket, accepted."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13", f"Authorization: Bearer {token}", "", ""]
    raw = socket.socket()
    if silent:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, ("127.0.0.1", port))
    _, peer = await loop.create_connection(lambda: Peer("\r\n".join(lines).encode(), watch), sock=raw)
    await asyncio.wait_for(peer.is_up.wait(), 10)
    if silent:
        peer.transport.pause_reading()
    return peer
