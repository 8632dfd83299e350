"""Frames as bytes: JSON once, and the WebSocket's own frame around it once, however many sockets are shown it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import to_json
from websockets.frames import Frame as Wrapped
from websockets.frames import Opcode

from allonova.application.kernel.live import Bus, Channels, Frame, Kept
from allonova.application.kernel.ports import Clock


@cache
def _adapter(view: Any) -> TypeAdapter[Any]:
    return TypeAdapter(view)


def body_of(frame: Frame, clock: Clock) -> bytes:
    """Its JSON without a number: `{"type","ts","data"}`."""
    view: Any = frame.kind.view
    data = _adapter(view).dump_json(frame.data, by_alias=True)
    return b'{"type":%s,"ts":%s,"data":%s}' % (to_json(frame.kind.name), to_json(clock.now()), data)


class Encoded:
    """A frame ready to be sent."""

    def __init__(self, body: bytes, id: int | None = None) -> None:
        self.json = b'{"id":%s,%s' % (b"null" if id is None else b"%d" % id, body[1:])

    @cached_property
    def wire(self) -> bytes:
        """What a server writes on a connection."""
        return Wrapped(Opcode.TEXT, self.json).serialize(mask=False)


def encoded(kept: Kept) -> Encoded:
    """A numbered frame."""
    return Encoded(kept.body, kept.id)


class FrameChannels:
    """Encodes here, and leaves the carrying to the bus."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock

    async def post(self, channels: Sequence[str], frame: Frame, *, once: str) -> None:
        """See Channels."""
        if not frame.kind.is_kept:
            raise RuntimeError(f"{frame.kind.name} is not kept")
        await self._bus.append(channels, body_of(frame, self._clock), once=once)

    async def tell(self, channels: Sequence[str], frame: Frame, *, but: UUID | None = None) -> None:
        """See Channels."""
        if frame.kind.is_kept:
            raise RuntimeError(f"{frame.kind.name} is kept")
        await self._bus.tell(channels, body_of(frame, self._clock), but=but)

    async def tell_all(self, told: Sequence[tuple[Sequence[str], Frame]]) -> None:
        """See Channels."""
        if any(frame.kind.is_kept for _, frame in told):
            raise RuntimeError("one is kept")
        await self._bus.tell_all([(channels, body_of(frame, self._clock)) for channels, frame in told])

    async def end(self, channels: Sequence[str]) -> None:
        """See Channels."""
        await self._bus.end(channels)


def _conforms(channels: FrameChannels) -> Channels:
    return channels
