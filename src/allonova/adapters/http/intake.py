"""uvicorn's HTTP protocol with patience that ends: it would hold any head in memory, and wait for the rest for ever.

A proxy in front does the same better. What reaches the process past it must not hold it either.
"""

from __future__ import annotations

import asyncio
import uuid
from enum import Enum
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from allonova.adapters.http.answers import refusal_body
from allonova.adapters.http.context import REQUEST_ID
from allonova.domain.kernel.errors import PayloadTooLarge, ValidationError

BAD_REQUEST, TIMEOUT, HEAD_TOO_LARGE = 400, 408, 431
LINGER_BYTES = 262_144  # of a refused body are read still, so that its sender comes to read why (as Go's server does)
HEAD_NUMBER = 100  # of headers; browsers send about twenty


class _Awaits(Enum):
    """What the client owes: nothing, the rest of a head, the rest of a body."""

    NOTHING = 0
    HEAD = 1
    BODY = 2


class BoundedProtocol(HttpToolsProtocol):
    """Closes on whoever sends a head too large, and on whoever sends too slowly: as nginx and Apache do it, a head
    has `head_s`, a body `body_s` and a second more for each `slowest_bps` bytes that came.
    """

    head_bytes: ClassVar[int] = 32_768  # nginx: four buffers of 8 KiB
    head_s: ClassVar[float] = 20.0
    body_s: ClassVar[float] = 20.0
    slowest_bps: ClassVar[int] = 500

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._awaits = _Awaits.NOTHING
        self._came = 0  # bytes of the head, or of the body, that is awaited
        self._since = 0.0
        self._unwanted = 0  # bytes of a body that was answered before it came
        self._is_refused = False
        self._alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there; it has as long to begin as a head has to end."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._alarm = self.loop.call_later(self.head_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something came."""
        if self._is_refused:
            return
        before = self._awaits
        super().data_received(data)
        if self._awaits is _Awaits.HEAD and before is not _Awaits.BODY:
            self._came += len(data)  # the parser keeps a header to itself until it has all of it
            if self._came > self.head_bytes:
                self._refuse(HEAD_TOO_LARGE)
        if self._awaits is _Awaits.NOTHING or self._is_refused:
            self._disarm()
        elif self._alarm is None:
            self._alarm = self.loop.call_later(self._allowed_s(), self._look)

    def handle_websocket_upgrade(self) -> None:
        """From here on it is a socket, which has its own patience."""
        if self._is_refused:
            return
        self._awaits = _Awaits.NOTHING
        self._disarm()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._expect(_Awaits.HEAD)

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.head_bytes or len(self.headers) > HEAD_NUMBER:
            self._refuse(HEAD_TOO_LARGE)
            return
        super().on_headers_complete()
        self._expect(_Awaits.BODY)

    def on_body(self, body: bytes) -> None:
        """A piece of its body."""
        if not self._is_refused:
            self._came += len(body)
            if self.cycle.response_complete:
                self._unwanted += len(body)
                if self._unwanted > LINGER_BYTES:
                    self._refuse(TIMEOUT)
                    return
            super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it came."""
        if not self._is_refused:
            self._awaits = _Awaits.NOTHING
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """See uvicorn, which answers in plain text."""
        self._refuse(BAD_REQUEST)

    def _expect(self, what: _Awaits) -> None:
        self._awaits, self._came, self._unwanted, self._since = what, 0, 0, self.loop.time()

    def _allowed_s(self) -> float:
        if self._awaits is _Awaits.BODY:
            return self.body_s + self._came / self.slowest_bps
        return self.head_s

    def _look(self) -> None:
        """Time is up, unless so much came meanwhile that there is more of it, or it was us who did not read."""
        self._alarm = None
        if self.flow.read_paused:
            self._since = self.loop.time()
        left_s = self._since + self._allowed_s() - self.loop.time()
        if left_s > 0:
            self._alarm = self.loop.call_later(left_s, self._look)
        else:
            self._refuse(TIMEOUT)

    def _disarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _refuse(self, status: int) -> None:
        """Say why, where no answer has begun, and close."""
        self._is_refused = True
        self._disarm()
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None until the first request, whatever uvicorn says
        answered = cycle is None or cycle.response_complete
        has_begun = cycle is not None and cycle.response_started
        if (answered and self._unwanted == 0) or (self._awaits is _Awaits.BODY and not has_begun):
            self.transport.write(_answer(status))
        self.transport.close()


def _answer(status: int) -> bytes:
    REQUEST_ID.set(str(uuid.uuid4()))  # noqa: TID251 - names one exchange and is kept nowhere
    body = b""
    if status != TIMEOUT:
        body = refusal_body(PayloadTooLarge() if status == HEAD_TOO_LARGE else ValidationError(), "en")
    head = (
        b"content-type: application/json\r\ncontent-length: %d\r\nx-content-type-options: nosniff\r\n"
        b"cache-control: no-store\r\nconnection: close\r\n\r\n"
    )
    return STATUS_LINE[status] + head % len(body) + body
