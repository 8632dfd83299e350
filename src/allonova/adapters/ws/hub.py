"""The sockets of this process, by the channel that they follow."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

from allonova.adapters.telemetry.metrics import SOCKET_FRAMES, SOCKET_RESYNCS, SOCKETS_OPEN
from allonova.adapters.ws.frames import Encoded, body_of, encoded
from allonova.adapters.ws.socket import Close, Socket
from allonova.application.identity.ports import Revocations
from allonova.application.kernel.live import Bus, ChannelsDown, FrameKind, Kept, Listener
from allonova.application.kernel.ports import Clock

log = logging.getLogger(__name__)

SWEEP_S = 1.0


@dataclass(frozen=True, slots=True)
class NoData:
    """There is nothing to say about it."""


RESYNC = FrameKind("resync", NoData, is_kept=False)


@dataclass(slots=True)
class Room:
    """Who follows a channel here."""

    following: asyncio.Task[None]
    sockets: dict[UUID, Socket] = field(default_factory=dict)
    is_idle: bool = False


class Hub:
    """Shows each of its sockets what comes in its channel, in order; nobody waits for anybody."""

    def __init__(self, bus: Bus, clock: Clock, revocations: Revocations) -> None:
        self._bus = bus
        self._clock = clock
        self._revocations = revocations
        self._rooms: dict[str, Room] = {}
        self.is_leaving = False
        bus.bind(self)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sends away who has logged out, until the end of the block."""
        task = asyncio.create_task(self._sweep_for_ever(), name="hub")
        try:
            yield
        finally:
            self.dismiss()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def __len__(self) -> int:
        """How many sockets are open."""
        return sum(len(room.sockets) for room in self._rooms.values())

    async def join(self, socket: Socket, channel: str) -> None:
        """Let it follow. What comes waits for it until it has been made up for what it has missed."""
        room = self._rooms.get(channel)
        if room is None:
            room = self._rooms[channel] = Room(asyncio.create_task(self._bus.follow(channel), name="follow"))
        room.is_idle = False
        socket.hold()
        room.sockets[socket.id] = socket
        SOCKETS_OPEN.labels(_kind(channel)).inc()
        try:
            await asyncio.shield(room.following)
        except BaseException:
            self.leave(socket, channel)
            raise

    async def make_up(self, socket: Socket, channel: str, *, after: str | None) -> None:
        """Show it what came after the number `after`, all of it or `resync`; then what came meanwhile."""
        if after is not None:
            await self._make_up(socket, channel, after)
        socket.release()

    def leave(self, socket: Socket, channel: str) -> None:
        """It is gone. The channel is followed a little longer: people come back."""
        room = self._rooms.get(channel)
        if room is not None:
            if room.sockets.pop(socket.id, None) is not None:
                SOCKETS_OPEN.labels(_kind(channel)).dec()
            room.is_idle = False

    def dismiss(self) -> None:
        """Send everybody away, and whoever comes later: this process stops."""
        self.is_leaving = True
        for socket in list(self._everybody()):
            socket.close(Close.GOING)

    def show(self, channel: str, kept: Kept) -> None:
        """See Listener."""
        room = self._rooms.get(channel)
        if room is None:
            return
        frame = encoded(kept)
        SOCKET_FRAMES.labels(_kind(channel)).inc(len(room.sockets))
        for socket in list(room.sockets.values()):
            socket.show(frame, kept.id)

    def pass_on(self, channel: str, body: bytes, but: UUID | None) -> None:
        """See Listener."""
        room = self._rooms.get(channel)
        if room is None:
            return
        frame = Encoded(body)
        SOCKET_FRAMES.labels(_kind(channel)).inc(len(room.sockets))
        for socket in list(room.sockets.values()):
            if socket.id != but:
                socket.show(frame)

    def end(self, channel: str) -> None:
        """See Listener."""
        room = self._rooms.get(channel)
        for socket in list(room.sockets.values()) if room is not None else ():
            socket.close(Close.GONE)

    async def catch_up(self) -> None:
        """See Listener. Where it is not known what somebody has missed, he has to read anew."""
        for channel, room in list(self._rooms.items()):
            for known in {socket.last_id for socket in room.sockets.values()}:
                missed = await self._bus.since(channel, known) if known else None
                for socket in [each for each in room.sockets.values() if each.last_id == known]:
                    self._bring(socket, channel, missed)

    async def _make_up(self, socket: Socket, channel: str, after: str) -> None:
        missed = None
        if after.isascii() and after.isdigit() and len(after) < 17:
            with suppress(ChannelsDown):
                missed = await self._bus.since(channel, int(after))
        if missed is not None:
            socket.last_id = int(after)
        self._bring(socket, channel, missed)

    def _bring(self, socket: Socket, channel: str, missed: list[Kept] | None) -> None:
        """Up to date, ahead of whatever waits to be shown."""
        if missed is None:
            SOCKET_RESYNCS.labels(_kind(channel)).inc()
            socket.last_id = 0
            socket.tell(Encoded(body_of(RESYNC(NoData()), self._clock)))
        for kept in missed or ():
            socket.last_id = kept.id
            socket.tell(encoded(kept))

    def _everybody(self) -> Iterable[Socket]:
        return (socket for room in self._rooms.values() for socket in room.sockets.values())

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                await self._sweep()
            except Exception:
                log.exception("sockets not looked after")

    async def _sweep(self) -> None:
        for socket in list(self._everybody()):
            if socket.session_id is not None and self._revocations.is_revoked(socket.session_id):
                socket.close(Close.NO_ACCESS)
        for channel, room in list(self._rooms.items()):
            if room.sockets:
                continue
            if room.is_idle:
                del self._rooms[channel]
                await self._bus.leave(channel)
            room.is_idle = True


def _kind(channel: str) -> str:
    """`planning` of `planning:<id>`: the ids are many."""
    return channel.partition(":")[0]


def _conforms(hub: Hub) -> Listener:
    return hub
