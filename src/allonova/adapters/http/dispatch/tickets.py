"""Tickets for NOVA's sockets."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.dispatch.bodies import staff_router
from allonova.adapters.http.dispatch.staff import AnyStaff
from allonova.adapters.http.provide import use
from allonova.application.dispatch.wire import wire
from allonova.application.identity.ports import Caller
from allonova.application.identity.tickets import TTL, IssueTicket
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import AuthRequired

router = staff_router("Sockets", "/api/ws/tickets")


@wire
class StaffTicketView:
    """Stands in a socket's URL as `?ticket=`; good once, for `expiresIn` seconds."""

    ticket: str
    expires_in: int


@router.post("", **spec(StaffTicketView, IssueTicket.errors, status=201))
async def issue_staff_ticket(caller: AnyStaff, issue: Annotated[IssueTicket, use(IssueTicket)]) -> Response:
    """A ticket for one socket, where a client cannot send a token with the handshake (see `/api/asyncapi.json`)."""
    if caller.session_id is None:
        raise AuthRequired
    holder = Caller(caller.id, caller.session_id, caller.role.value, caller.societe_id)
    ticket = await issue(caller=holder, audience=Audience.NOVA)
    return answer(StaffTicketView(ticket=ticket, expires_in=int(TTL.total_seconds())), status=201)
