"""Where one is logged in."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Response

from allonova.adapters.http.answers import answer_page, spec
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.identity.end_session import EndSession
from allonova.application.identity.ports import IdentityQueries
from allonova.application.identity.views import SessionView
from allonova.application.kernel.listing import ListQuery
from allonova.application.kernel.ports import Clock

router = api_router("Identity", "/me/sessions")
SESSIONS = Listing(filters={}, sortable=["created_at"])


@router.get("", **spec(SessionView, listed=True, parameters=SESSIONS.parameters()))
async def list_sessions(
    caller: UserCaller,
    query: Annotated[ListQuery, SESSIONS.depends()],
    clock: Annotated[Clock, use(Clock)],
    queries: Annotated[IdentityQueries, use(IdentityQueries)],
) -> Response:
    """One's logins that still live."""
    found = await queries.sessions(caller.user_id, query, current=caller.session_id, now=clock.now())
    return answer_page(found, query)


@router.delete("/{id}", **spec(None, EndSession.errors, status=204))
async def end_session(id: UUID, caller: UserCaller, end: Annotated[EndSession, use(EndSession)]) -> Response:
    """Log out there."""
    await end(caller_id=caller.user_id, session_id=id)
    return Response(status_code=204)
