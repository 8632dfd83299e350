"""Frames within one process: embedded mode."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from uuid import UUID

from allonova.application.kernel.live import Bus, Kept, Listener

KEPT_FRAMES = 1000
KEPT_S = 3600.0


class LocalBus:
    """Channels in memory, each with its last frames. Numbers begin at the time, so that a restart does not reuse them.

    Args:
        now: seconds since 1970.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._channels: dict[str, deque[Kept]] = {}
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._followed: set[str] = set()
        self._listener: Listener | None = None

    def bind(self, listener: Listener) -> None:
        """See Bus."""
        self._listener = listener

    async def append(self, channels: Sequence[str], body: bytes, *, once: str) -> None:
        """See Bus."""
        now = self._now()
        self._forget(now - KEPT_S)
        for channel in channels:
            if (channel, once) in self._seen:
                continue
            self._seen[channel, once] = now
            frames = self._channels.setdefault(channel, deque(maxlen=KEPT_FRAMES))
            kept = Kept(max(int(now * 1000), frames[-1].id + 1 if frames else 0), body)
            frames.append(kept)
            if self._listener is not None and channel in self._followed:
                self._listener.show(channel, kept)

    async def tell(self, channels: Sequence[str], body: bytes, *, but: UUID | None = None) -> None:
        """See Bus."""
        for channel in channels:
            if self._listener is not None and channel in self._followed:
                self._listener.pass_on(channel, body, but)

    async def tell_all(self, told: Sequence[tuple[Sequence[str], bytes]]) -> None:
        """See Bus."""
        for channels, body in told:
            await self.tell(channels, body)

    async def end(self, channels: Sequence[str]) -> None:
        """See Bus."""
        for channel in channels:
            if self._listener is not None and channel in self._followed:
                self._listener.end(channel)

    async def since(self, channel: str, id: int) -> list[Kept] | None:
        """See Bus."""
        self._forget(self._now() - KEPT_S)
        frames = list(self._channels.get(channel, ()))
        place = next((index for index, kept in enumerate(frames) if kept.id == id), None)
        return None if place is None else frames[place + 1 :]

    async def follow(self, channel: str) -> None:
        """See Bus."""
        self._followed.add(channel)

    async def leave(self, channel: str) -> None:
        """See Bus."""
        self._followed.discard(channel)

    def _forget(self, before: float) -> None:
        while self._seen and (oldest := next(iter(self._seen.items())))[1] < before:
            del self._seen[oldest[0]]
        for channel in [name for name, frames in self._channels.items() if frames[0].id < before * 1000]:
            frames = self._channels[channel]
            while frames and frames[0].id < before * 1000:
                frames.popleft()
            if not frames:
                del self._channels[channel]


def _conforms(bus: LocalBus) -> Bus:
    return bus
