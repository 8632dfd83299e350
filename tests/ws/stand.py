"""A service of sockets with one made-up channel, over ASGI's messages or a real network."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.crypto.tokens import JoseTokens
from allonova.adapters.http.answers import error_of
from allonova.adapters.local.revocations import LocalRevocations
from allonova.adapters.local.tickets import LocalTickets
from allonova.adapters.ws.frames import FrameChannels
from allonova.adapters.ws.hub import Hub
from allonova.adapters.ws.protocol import LiveProtocol
from allonova.adapters.ws.routes import Heard, Said, Seat, SocketEdge, SocketRoute, Talk, Visitor
from allonova.adapters.ws.server import SocketServer
from allonova.adapters.ws.socket import MAX_BYTES
from allonova.application.identity.ports import Caller
from allonova.application.identity.tickets import IssueTicket, RedeemTicket
from allonova.application.kernel.live import Bus, FrameKind
from allonova.domain.identity.session import ACCESS_TTL, Audience
from allonova.domain.kernel.errors import Conflict, Forbidden, NotFound
from tests.support.factories import SetClock
from tests.support.sockets import PATIENCE_S, Line, Refused, line

KEYS = {"k1": "0123456789abcdef0123456789abcdef"}
ORIGIN = "https://app.example"


@dataclass(frozen=True, slots=True)
class Note:
    """Something said."""

    text: str


NOTE = FrameKind("note", Note)
BLINK = FrameKind("blink", Note, is_kept=False)


class Say(Said):
    """Says it to all."""

    text: str
    client_id: str | None = None


class Nothing(Said):
    """No fields."""


async def enter(edge: SocketEdge, visitor: Visitor) -> Seat[str]:
    """`secret` is not yours, `gone` is gone, `broken` fails, `far` takes its time, `doomed`
    ends before one is in.
    """
    name = visitor.params["name"]
    if name == "secret":
        raise Forbidden
    if name == "gone":
        raise NotFound
    if name == "broken":
        raise RuntimeError("broken")
    if name == "far":
        for _ in range(100):
            await asyncio.sleep(0)  # as a look into a database does
    if name == "doomed":
        hub: Hub = edge.use[Hub]
        asyncio.get_running_loop().call_soon(hub.end, "room:doomed")
    return Seat(channel=f"room:{name}", party=name)


async def say(talk: Talk[str], said: Say) -> None:
    """Numbers and keeps it. `no` is refused, `crash` fails."""
    if said.text == "no":
        raise Conflict
    if said.text == "crash":
        raise RuntimeError("crash")
    channels: FrameChannels = talk.edge.use[FrameChannels]
    await channels.post([f"room:{talk.party}"], NOTE(Note(said.text)), once=str(uuid4()))


async def blink(talk: Talk[str], said: Say) -> None:
    """Shows it to the others."""
    channels: FrameChannels = talk.edge.use[FrameChannels]
    await channels.tell([f"room:{talk.party}"], BLINK(Note(said.text)), but=talk.socket_id)


def tick(talk: Talk[str], _: Nothing) -> None:
    """Answers at once."""
    talk.reply(BLINK(Note("tick")))


_SHOWS, _HEARS = (
    (NOTE, BLINK),
    {"say": Heard(Say, say), "blink": Heard(Say, blink), "tick": Heard(Nothing, at_once=tick)},
)
ROUTES = tuple(
    SocketRoute(path=path, summary="Rooms.", audience=audience, enter=enter, shows=_SHOWS, hears=_HEARS)
    for path, audience in (("/ws/rooms/{name}", Audience.ALLOCAR), ("/ws/halls/{name}", None))
)


class NetLine(Line):
    """A client's end over the network."""

    def __init__(self, path: str, connection: ClientConnection) -> None:
        super().__init__(path)
        self.connection = connection

    async def send(self, text: str) -> None:
        """Send anything."""
        await self.connection.send(text)

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        await self.connection.send(data)

    async def next(self, kind: str | None = None) -> Any:
        """The next frame, or the next of a kind."""
        while True:
            frame = json.loads(await asyncio.wait_for(self.connection.recv(), PATIENCE_S))
            if frame["id"] is not None:
                self.last_id = frame["id"]
            if kind is None or frame["type"] == kind:
                return frame

    async def close_code(self) -> int:
        """Why it was closed."""
        while True:
            try:
                await asyncio.wait_for(self.connection.recv(), PATIENCE_S)
            except ConnectionClosed as closed:
                return 1006 if closed.rcvd is None else closed.rcvd.code


@dataclass(slots=True, kw_only=True)
class Stand:
    """What a test plays with."""

    sockets: ASGIApp
    server: SocketServer
    edge: SocketEdge
    hub: Hub
    bus: Bus
    channels: FrameChannels
    clock: SetClock
    tokens: JoseTokens
    revocations: LocalRevocations
    issue: IssueTicket
    port: int | None = None
    names: Any = field(default_factory=itertools.count)

    def caller(self) -> Caller:
        """Somebody who is logged in."""
        return Caller(uuid4(), uuid4())

    def bearer(self, caller: Caller | None = None, audience: Audience = Audience.ALLOCAR) -> dict[str, str]:
        """His token, as a header."""
        caller, now = caller or self.caller(), self.clock.now()
        token = self.tokens.sign(
            subject=caller.user_id,
            session=caller.session_id,
            audience=audience,
            issued_at=now,
            expires_at=now + ACCESS_TTL,
        )
        return {"Authorization": f"Bearer {token}"}

    async def post(self, text: str, *, room: str = "a", once: str | None = None) -> None:
        """Number, keep and show a note."""
        await self.channels.post([f"room:{room}"], NOTE(Note(text)), once=once or str(uuid4()))

    @asynccontextmanager
    async def enter(
        self,
        path: str = "/ws/rooms/a",
        *,
        headers: Mapping[str, str] | None = None,
        last_event_id: object = None,
        **query: str,
    ) -> AsyncIterator[Line]:
        """A socket. Raises Refused. Without headers somebody logs in for it."""
        sent = self.bearer() if headers is None else headers
        asked = query if last_event_id is None else {**query, "last_event_id": str(last_event_id)}
        if self.port is None:
            async with line(self, path, headers=sent, asked=asked) as it:
                yield it
            return
        url = f"ws://127.0.0.1:{self.port}{path}?{urlencode(asked)}"
        try:
            connection = await connect(url, additional_headers=sent, compression=None, proxy=None)
        except InvalidStatus as refused:
            raise Refused(refused.response.status_code) from None
        try:
            yield NetLine(path, connection)
        finally:
            connection.transport.abort()

    async def joined(self, count: int = 1) -> None:
        """Returns when so many sockets follow."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.hub) != count:
                await asyncio.sleep(0.001)


@asynccontextmanager
async def standing(
    bus: Bus,
    *,
    over_network: bool,
    routes: Sequence[SocketRoute] = ROUTES,
    protocol: type[asyncio.Protocol] = LiveProtocol,
) -> AsyncIterator[Stand]:
    """A process' worth of it."""
    clock, secrets = SetClock(), ServerSecrets(KEYS, "k1")
    tokens = JoseTokens(KEYS, "k1", issuer="allonova", clock=clock)
    tickets, revocations = LocalTickets(clock), LocalRevocations(clock)
    channels, hub = FrameChannels(bus, clock), Hub(bus, clock, revocations)
    edge = SocketEdge(
        use={FrameChannels: channels, Hub: hub},
        clock=clock,
        ids=RandomIds(),
        verifier=tokens,
        revocations=revocations,
        redeem=RedeemTicket(tickets, clock),
        origins=(ORIGIN,),
        explain=error_of,
    )
    server = SocketServer(tuple(routes))
    server.stand_on(edge, hub)
    stand = Stand(
        sockets=server,
        server=server,
        edge=edge,
        hub=hub,
        bus=bus,
        channels=channels,
        clock=clock,
        tokens=tokens,
        revocations=revocations,
        issue=IssueTicket(tickets, secrets, clock),
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(hub.running())
        if over_network:
            stand.port = await stack.enter_async_context(served(server, protocol))
        yield stand


@asynccontextmanager
async def served(app: ASGIApp, protocol: type[asyncio.Protocol] = LiveProtocol) -> AsyncIterator[int]:
    """The app behind uvicorn, on a port of its own."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    config = uvicorn.Config(
        call, log_config=None, lifespan="off", ws=protocol, ws_max_size=MAX_BYTES, ws_per_message_deflate=False
    )
    config.load()
    state = ServerState()
    kind: Any = config.http_protocol_class
    listener = await asyncio.get_running_loop().create_server(
        lambda: kind(config=config, server_state=state, app_state={}), "127.0.0.1", 0, backlog=2048
    )
    try:
        yield int(listener.sockets[0].getsockname()[1])
    finally:
        listener.close()
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.gather(*state.tasks, return_exceptions=True)
