"""What a channel is: its path, who may enter, what is shown there and what may be said."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from allonova.application.identity.ports import Caller, Revocations, TokenVerifier
from allonova.application.identity.tickets import RedeemTicket
from allonova.application.kernel.live import Frame, FrameKind
from allonova.application.kernel.ports import Clock, Ids
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import AuthRequired, DomainError


class Said(BaseModel):
    """What a client sends in `data`: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


type Explain = Callable[[DomainError, str], Mapping[str, object]]
"""A refusal as clients read it, in a language: `{code, message, details}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketEdge:
    """All that sockets stand on; `use` has every use case and query port by its type."""

    use: Mapping[object, Any]
    clock: Clock
    ids: Ids
    verifier: TokenVerifier
    revocations: Revocations
    redeem: RedeemTicket
    origins: tuple[str, ...]
    explain: Explain


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who wants to enter, and what the path says; `caller` is None where no login is asked for."""

    caller: Caller | None
    params: Mapping[str, str]

    @property
    def who(self) -> Caller:
        """Raises AuthRequired for a guest."""
        if self.caller is None:
            raise AuthRequired
        return self.caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat[S]:
    """A place in a channel.

    Args:
        channel: what is followed.
        party: what the things that he says need to know.
        greet: runs once he has joined, and may show his socket what is there already.
        part: runs when he has left.
    """

    channel: str
    party: S
    greet: Callable[[Talk[S]], Awaitable[None]] | None = None
    part: Callable[[UUID], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk[S]:
    """Somebody says something: from which socket, and as whom. `reply` shows a frame to this socket alone."""

    edge: SocketEdge
    socket_id: UUID
    party: S
    reply: Callable[[Frame], None]


@dataclass(frozen=True, slots=True)
class Heard:
    """One type of message.

    Args:
        said: its `data`.
        hear: acts on it, one message of a socket after the other.
        at_once: takes it without waiting for those before, for what comes often and costs nothing.
    """

    said: type[Said]
    hear: Callable[[Talk[Any], Any], Awaitable[None]] | None = None
    at_once: Callable[[Talk[Any], Any], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketRoute:
    """A channel.

    Args:
        path: with names in braces.
        audience: whose tokens and tickets open it; None for whoever has the link.
        enter: finds the seat. Raises AuthRequired, Forbidden, NotFound.
        shows: the frames that come, beside `error` and `resync`.
        hears: the messages that may be sent, by type.
    """

    path: str
    summary: str
    audience: Audience | None
    enter: Callable[[SocketEdge, Visitor], Awaitable[Seat[Any]]]
    shows: tuple[FrameKind[Any], ...]
    hears: Mapping[str, Heard] = field(default_factory=dict)

    def match(self, path: str) -> dict[str, str] | None:
        """What the path says, if it is this one's."""
        shape = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(shape, path)
        return None if found is None else found.groupdict()
