"""One socket: what it is shown, what it says, and when it has to go."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from allonova.adapters.ws.frames import Encoded
from allonova.adapters.ws.wire import Wire

MAX_BYTES = 16 * 1024  # realtime.md
MESSAGES, WINDOW_S = 30, 5.0
# About a thousand cards. What the peer's machine has taken in does not count.
MAX_WAITING_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Close:
    """Codes of realtime.md, and RFC 6455's."""

    GOING = 1012
    POLICY = 1008
    TOO_BIG = 1009
    TOO_SLOW = 1013
    NO_ACCESS = 4401
    NOT_YOURS = 4403
    GONE = 4404


class Socket:
    """A follower of a channel.

    `session_id` is of whoever logged in for it, None for a guest; `last_id` is the newest number that it knows of, 0
    when none.
    """

    def __init__(
        self,
        id: UUID,
        wire: Wire,
        *,
        session_id: UUID | None,
        heard: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = id
        self.session_id = session_id
        self.heard = heard
        self.is_open = True
        self.last_id = 0
        self._is_accepted = False
        self._code: int | None = None
        self._wire = wire
        self._now = now
        self._times: deque[float] = deque(maxlen=MESSAGES)
        self._held: list[tuple[int | None, Encoded]] | None = None
        wire.listen(self._take)

    @property
    def code(self) -> int | None:
        """Why we sent it away; None when it left by itself, or is there."""
        return self._code

    def show(self, frame: Encoded, id: int | None = None) -> None:
        """A frame of its channel, unless it has seen it: at once, or behind what it must be shown first."""
        if self._held is not None:
            self._held.append((id, frame))
        elif id is None:
            self.tell(frame)
        elif id > self.last_id:
            self.last_id = id
            self.tell(frame)

    def tell(self, frame: Encoded) -> None:
        """Send it now. Who lets too much wait is sent away."""
        if self.is_open:
            self._wire.write(frame)
            if self._wire.waiting_bytes() > MAX_WAITING_BYTES:
                self.close(Close.TOO_SLOW)

    def hold(self) -> None:
        """From now on what is shown waits."""
        self._held = []

    def release(self) -> None:
        """Show what waited."""
        held, self._held = self._held or [], None
        for id, frame in held:
            self.show(frame, id)

    def accept(self) -> None:
        """Its handshake is done. Who was sent away before hears of it now."""
        self._is_accepted = True
        if self._code is not None:
            self._wire.close(self._code)

    def close(self, code: int) -> None:
        """Send it away. Twice is once."""
        if self.is_open:
            self.is_open, self._code = False, code
            if self._is_accepted:
                self._wire.close(code)

    async def closed(self) -> None:
        """Returns when it is over."""
        await self._wire.closed()
        self.is_open = False

    def _take(self, text: str) -> None:
        if not self.is_open:
            return
        now = self._now()
        if len(self._times) == MESSAGES and now - self._times[0] < WINDOW_S:
            self.close(Close.POLICY)
            return
        self._times.append(now)
        if len(text) > MAX_BYTES // 4 and len(text.encode()) > MAX_BYTES:
            self.close(Close.TOO_BIG)
            return
        self.heard(text)
