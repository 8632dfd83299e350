"""What sockets are shown: frames, in channels.

A channel is a name (`booking:<id>`) that sockets follow; every process serves every channel. A frame that is kept gets
a number that grows within its channel, and whoever comes back is shown what he missed; one that is not is worth seeing
only now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from allonova.domain.kernel.errors import ServiceUnavailable


class ChannelsDown(ServiceUnavailable):
    """Nothing can be shown at the moment."""


@dataclass(frozen=True, slots=True)
class FrameKind[T]:
    """A kind of frame: its `type` on the wire, the view in its `data`, and whether it is numbered and kept."""

    name: str
    view: type[T]
    is_kept: bool = True

    def __call__(self, data: T) -> Frame:
        """A frame of this kind."""
        return Frame(self, data)


@dataclass(frozen=True, slots=True)
class Frame:
    """Something to show."""

    kind: FrameKind[Any]
    data: object


class Channels(Protocol):
    """Where frames are put. Raises ChannelsDown. Never inside a unit: what is shown has happened."""

    async def post(self, channels: Sequence[str], frame: Frame, *, once: str) -> None:
        """Number, keep and show a frame of a kept kind, in each of these channels: once for the same `once`."""

    async def tell(self, channels: Sequence[str], frame: Frame, *, but: UUID | None = None) -> None:
        """Show one of another kind to whoever follows now, except the socket `but`."""

    async def tell_all(self, told: Sequence[tuple[Sequence[str], Frame]]) -> None:
        """The same for many frames, each in its own channels, at the price of one."""

    async def end(self, channels: Sequence[str]) -> None:
        """What was followed there is over: the sockets are closed as gone. Who comes later finds it so by himself."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A frame as it was shown: its number, and its JSON without one."""

    id: int
    body: bytes


class Listener(Protocol):
    """Hears what is shown in the channels of this process' sockets."""

    def show(self, channel: str, kept: Kept) -> None:
        """A numbered frame; of each channel in the order of the numbers. One that was heard already may come again."""

    def pass_on(self, channel: str, body: bytes, but: UUID | None) -> None:
        """A frame that is not kept."""

    def end(self, channel: str) -> None:
        """What was followed is over."""

    async def catch_up(self) -> None:
        """Something may have been missed in any channel."""


class Bus(Protocol):
    """Carries encoded frames between processes."""

    async def append(self, channels: Sequence[str], body: bytes, *, once: str) -> None:
        """See Channels.post."""

    async def tell(self, channels: Sequence[str], body: bytes, *, but: UUID | None = None) -> None:
        """See Channels.tell."""

    async def tell_all(self, told: Sequence[tuple[Sequence[str], bytes]]) -> None:
        """See Channels.tell_all."""

    async def end(self, channels: Sequence[str]) -> None:
        """See Channels.end."""

    async def since(self, channel: str, id: int) -> list[Kept] | None:
        """What came after a number, the oldest first; None when that is not known any more, or never was a number of
        this channel. Kept for an hour, and at most the last 1,000. Raises ChannelsDown.
        """

    async def follow(self, channel: str) -> None:
        """From now on the listener hears of it. Returns though it cannot be reached: `catch_up` is called later."""

    async def leave(self, channel: str) -> None:
        """No longer."""

    def bind(self, listener: Listener) -> None:
        """Who hears, once and before anything else."""
