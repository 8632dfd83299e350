"""What the hub does with a frame, seen from the wires."""

from __future__ import annotations

from dataclasses import dataclass, field

from allonova.adapters.local.bus import LocalBus
from allonova.adapters.local.revocations import LocalRevocations
from allonova.adapters.ws.frames import Encoded
from allonova.adapters.ws.hub import Hub
from allonova.adapters.ws.socket import Socket
from allonova.adapters.ws.wire import Sink, Wire
from tests.support.factories import SetClock, new_id

SOCKETS = 50


@dataclass
class Noted:
    """A wire that remembers what it was given."""

    frames: list[Encoded] = field(default_factory=list)

    def listen(self, sink: Sink) -> None:
        """Nothing is said."""

    def write(self, frame: Encoded) -> None:
        """See Wire."""
        self.frames.append(frame)

    def waiting_bytes(self) -> int:
        """See Wire."""
        return 0

    def close(self, code: int) -> None:
        """See Wire."""

    async def closed(self) -> None:
        """See Wire."""


async def test_frame_is_encoded_once_for_all_sockets() -> None:
    clock, bus = SetClock(), LocalBus()
    hub, wires = Hub(bus, clock, LocalRevocations(clock)), [Noted() for _ in range(SOCKETS)]
    for wire in wires:
        socket = Socket(new_id(), wire, session_id=None, heard=lambda _: None)
        await hub.join(socket, "a")
        socket.accept()
        await hub.make_up(socket, "a", after=None)
    await bus.append(["a"], b'{"data":1}', once="1")
    await bus.tell(["a"], b'{"data":2}')
    for position in range(2):
        (frame,) = {wire.frames[position] for wire in wires}
        assert frame.wire is frame.wire


def _conforms(wire: Noted) -> Wire:
    return wire
