"""Tickets for sockets: a browser cannot send a token with a handshake, and none may stand in a URL."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final, Protocol

from allonova.application.identity.ports import Caller
from allonova.application.kernel.ports import Clock, Secrets
from allonova.application.kernel.wired import wired
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import AuthRequired, DomainError, ServiceUnavailable

TTL: Final = timedelta(seconds=30)  # realtime.md


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a ticket speaks for, in which audience, until when."""

    caller: Caller
    audience: Audience
    expires_at: datetime


class Tickets(Protocol):
    """Tickets by their hashes. Raises ServiceUnavailable while they cannot be reached."""

    async def keep(self, digest: str, holder: Holder) -> None:
        """Remember one, for as long as it is good."""

    async def take(self, digest: str) -> Holder | None:
        """Whose it is; of all who ask, one is told."""


@wired
class IssueTicket:
    """A ticket for whoever is logged in."""

    tickets: Tickets
    secrets: Secrets
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (ServiceUnavailable,)

    async def __call__(self, *, caller: Caller, audience: Audience) -> str:
        """Good for one socket, for 30 seconds."""
        ticket = self.secrets.token()
        await self.tickets.keep(_digest(ticket), Holder(caller, audience, self.clock.now() + TTL))
        return ticket


@wired
class RedeemTicket:
    """Who comes with a ticket."""

    tickets: Tickets
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired, ServiceUnavailable)

    async def __call__(self, *, ticket: str, audience: Audience) -> Caller:
        """Raises AuthRequired for one that is unknown, used, too old or of another audience."""
        holder = await self.tickets.take(_digest(ticket))
        if holder is None or holder.audience is not audience or self.clock.now() >= holder.expires_at:
            raise AuthRequired
        return holder.caller


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode(errors="replace")).hexdigest()
