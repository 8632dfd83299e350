"""Tickets for AlloCar's sockets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.identity.tickets import TTL, IssueTicket
from allonova.domain.identity.session import Audience

router = api_router("Identity", "/ws/tickets")


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """Stands in a socket's URL as `?ticket=`; good once, for `expires_in` seconds."""

    ticket: str
    expires_in: int


@router.post("", **spec(TicketView, IssueTicket.errors, status=201))
async def issue_ticket(caller: UserCaller, issue: Annotated[IssueTicket, use(IssueTicket)]) -> Response:
    """A ticket for one socket, where a client cannot send a token with the handshake (see `/api/asyncapi.json`)."""
    ticket = await issue(caller=caller, audience=Audience.ALLOCAR)
    return answer(TicketView(ticket=ticket, expires_in=int(TTL.total_seconds())), status=201)
