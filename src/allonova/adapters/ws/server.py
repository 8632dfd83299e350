"""The ASGI app of all sockets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import ValidationError as Malformed
from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from allonova.adapters.telemetry.metrics import SOCKET_CLOSES
from allonova.adapters.ws.frames import Encoded, body_of
from allonova.adapters.ws.hub import Hub
from allonova.adapters.ws.routes import Heard, Said, Seat, SocketEdge, SocketRoute, Talk, Visitor
from allonova.adapters.ws.socket import Close, Socket
from allonova.adapters.ws.wire import Wire, wire_of
from allonova.application.identity.ports import Caller
from allonova.application.kernel.live import Frame, FrameKind
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import (
    AuthRequired,
    DomainError,
    FieldError,
    Forbidden,
    NotFound,
    ServiceUnavailable,
    ValidationError,
)

log = logging.getLogger("allonova.sockets")


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a message was not taken; `ref` is its `client_id`, if it had one."""

    code: str
    message: str
    details: Mapping[str, Any]
    ref: str | None = None


ERROR = FrameKind("error", Refused, is_kept=False)


class SocketServer:
    """Handshakes, and what clients say. The edge and the hub come with the event loop that they run in."""

    def __init__(self, routes: tuple[SocketRoute, ...]) -> None:
        self._routes = routes
        self._edge: SocketEdge | None = None
        self._hub: Hub | None = None

    def stand_on(self, edge: SocketEdge, hub: Hub) -> None:
        """Before the first handshake."""
        self._edge, self._hub = edge, hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One socket, from its handshake to its end."""
        await receive()  # `websocket.connect`
        found = next(((r, p) for r in self._routes if (p := r.match(scope["path"])) is not None), None)
        if found is None or self._edge is None or self._hub is None:
            await _refuse(scope, send, 404)
            return
        route, params = found
        headers = Headers(scope=scope)
        if not _is_ours(headers, self._edge.origins):
            await _refuse(scope, send, 403)
            return
        await _Visit(self._edge, self._hub, route).play(scope, receive, send, headers, params)


class _Visit:
    """One socket's life."""

    def __init__(self, edge: SocketEdge, hub: Hub, route: SocketRoute) -> None:
        self._edge, self._hub, self._route = edge, hub, route
        self._inbox: asyncio.Queue[tuple[Heard, Said, str]] = asyncio.Queue()
        self._language = "fr" if route.audience is Audience.NOVA else "en"
        self._talk: Talk[Any] | None = None
        self._socket: Socket | None = None
        self._seat: Seat[Any] | None = None

    async def play(
        self, scope: Scope, receive: Receive, send: Send, headers: Headers, params: Mapping[str, str]
    ) -> None:
        """Enter, follow, listen, leave."""
        query = _query_of(scope)
        wire = wire_of(scope, receive, send)
        try:
            code = await self._enter(wire, headers, query.get("ticket"), params)
            # Only now, for whoever is accepted counts on hearing all that happens from then on. A refusal is accepted
            # as well, and closed with a code that says why: a browser cannot read a refused handshake.
            await send({"type": "websocket.accept"})
            if self._socket is None or self._seat is None:
                wire.close(code)
                SOCKET_CLOSES.labels(code).inc()
                log.info("socket refused", extra={"path": self._route.path, "status": code})
                await wire.closed()
            else:
                self._socket.accept()
                await self._stay(self._socket, self._seat, next(iter(query.get("last_event_id", ())), None))
        finally:
            if self._socket is not None and self._seat is not None:
                self._hub.leave(self._socket, self._seat.channel)

    async def _enter(self, wire: Wire, headers: Headers, tickets: list[str] | None, params: Mapping[str, str]) -> int:
        """Take the seat; else the code that says why not."""
        if self._hub.is_leaving:
            return Close.GOING
        try:
            caller = await self._caller(headers, tickets)
            seat = await self._route.enter(self._edge, Visitor(caller=caller, params=params))
            session_id = None if caller is None else caller.session_id
            socket = Socket(self._edge.ids.new(), wire, session_id=session_id, heard=self._hear)
            await self._hub.join(socket, seat.channel)
        except DomainError as error:
            return _code_of(error)
        except Exception:
            log.exception("socket not entered", extra={"path": self._route.path})
            return Close.TOO_SLOW
        self._socket, self._seat = socket, seat
        self._talk = Talk(edge=self._edge, socket_id=socket.id, party=seat.party, reply=self._reply)
        return 0

    async def _caller(self, headers: Headers, tickets: list[str] | None) -> Caller | None:
        """Who comes. Raises AuthRequired."""
        audience = self._route.audience
        if audience is None:
            return None
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if token and scheme.lower() == "bearer":
            caller = self._edge.verifier.verify(token.strip(), audience=audience)
        elif tickets is not None and len(tickets) == 1:
            caller = await self._edge.redeem(ticket=tickets[0], audience=audience)
        else:
            raise AuthRequired
        if self._edge.revocations.is_revoked(caller.session_id):
            raise AuthRequired
        return caller

    async def _stay(self, socket: Socket, seat: Seat[Any], after: str | None) -> None:
        hearing = asyncio.create_task(self._hear_for_ever(), name="socket's ears")
        leaving = asyncio.create_task(socket.closed(), name="socket's end")
        beginning = asyncio.create_task(self._begin(socket, seat, after), name="socket's start")
        try:
            await asyncio.wait((hearing, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (hearing, beginning, leaving):
                task.cancel()
            await asyncio.gather(hearing, beginning, leaving, return_exceptions=True)
            SOCKET_CLOSES.labels(socket.code or "left").inc()
            socket.close(Close.TOO_SLOW)
            if seat.part is not None:
                await _quietly(seat.part, socket.id)

    async def _begin(self, socket: Socket, seat: Seat[Any], after: str | None) -> None:
        try:
            await self._hub.make_up(socket, seat.channel, after=after)
        except Exception:
            log.exception("channel not shown", extra={"path": self._route.path})
            socket.close(Close.TOO_SLOW)
            return
        if seat.greet is not None and self._talk is not None:
            await _quietly(seat.greet, self._talk)

    def _hear(self, text: str) -> None:
        """Sorts out what can be taken at once."""
        try:
            heard, said = self._read(text)
        except DomainError as error:
            self._complain(error, text)
            return
        if heard.at_once is not None and self._talk is not None:
            try:
                heard.at_once(self._talk, said)
            except DomainError as error:
                self._complain(error, text)
        else:
            self._inbox.put_nowait((heard, said, text))

    def _read(self, text: str) -> tuple[Heard, Said]:
        try:
            message = from_json(text, allow_inf_nan=False)
        except ValueError:
            raise ValidationError((FieldError("", "json_invalid", "not JSON"),)) from None
        if not isinstance(message, dict) or not {"type"} <= message.keys() <= {"type", "data"}:
            raise ValidationError((FieldError("", "invalid", '{"type", "data"}'),))
        kind = message["type"]
        heard = self._route.hears.get(kind) if isinstance(kind, str) else None
        if heard is None:
            raise ValidationError((FieldError("type", "unknown", ", ".join(self._route.hears) or "nothing"),))
        try:
            return heard, heard.said.model_validate(message.get("data", {}))
        except Malformed as error:
            raise ValidationError(
                tuple(
                    FieldError(".".join(["data", *map(str, fault["loc"])]), fault["type"], fault["msg"])
                    for fault in error.errors()[:20]
                )
            ) from None

    async def _hear_for_ever(self) -> None:
        """One message after the other: what somebody says keeps its order."""
        while True:
            heard, said, text = await self._inbox.get()
            try:
                if heard.hear is not None and self._talk is not None:
                    await heard.hear(self._talk, said)
            except DomainError as error:
                self._complain(error, text)
            except Exception:
                log.exception("message not taken", extra={"path": self._route.path})
                self._complain(ServiceUnavailable(), text)

    def _reply(self, frame: Frame) -> None:
        if self._socket is not None:
            self._socket.tell(Encoded(body_of(frame, self._edge.clock)))

    def _complain(self, error: DomainError, text: str) -> None:
        told = Refused(**self._edge.explain(error, self._language), ref=_ref_of(text))  # type: ignore[arg-type]
        self._reply(ERROR(told))


def _ref_of(text: str) -> str | None:
    """So that an app knows which of its messages was refused."""
    try:
        ref = from_json(text)["data"]["client_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return ref[:100] if isinstance(ref, str) else None


def _code_of(error: DomainError) -> int:
    match error:
        case AuthRequired():
            return Close.NO_ACCESS
        case Forbidden():
            return Close.NOT_YOURS
        case NotFound():
            return Close.GONE
        case _:
            return Close.TOO_SLOW


async def _quietly(act: Callable[[Any], Any], who: object) -> None:
    """Coming and going must not fail for what it tells others."""
    try:
        await act(who)
    except Exception as error:  # noqa: BLE001 - whatever it is, the socket matters more
        log.warning("not told of a socket", extra={"error": type(error).__name__})


def _query_of(scope: Scope) -> dict[str, list[str]]:
    """What stands behind the question mark; nothing when it is more than anybody would ask."""
    try:
        return parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return {}


def _is_ours(headers: Headers, origins: tuple[str, ...]) -> bool:
    """Whether a browser comes from a page that may: one of ours, or of this very host. Programs send no Origin."""
    origin = headers.get("origin")
    if origin is None or origin in origins:
        return True
    there = urlsplit(origin)
    return there.scheme in ("http", "https") and there.netloc != "" and there.netloc == headers.get("host")


async def _refuse(scope: Scope, send: Send, status: int) -> None:
    SOCKET_CLOSES.labels(status).inc()
    if "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": status, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})
    else:
        await send({"type": "websocket.close", "code": 4404 if status == 404 else 4403})
