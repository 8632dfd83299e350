"""Messages that were given up, in the back office."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Response

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Instant, Line
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.kernel.dead_letters import DeadLetterQueries, DeliveryView, ResendDelivery
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.identity.roles import Area, Right

router = api_router("Back office", "/admin/notifications/failed")
FAILED = Listing(
    filters={"event": Line, "subscriber": Line, "failed_at": Instant},
    ranges=["failed_at"],
    sortable=["failed_at", "created_at", "attempts"],
)
NEWEST_FIRST = (Sort("failed_at", descending=True),)


@router.get("", **spec(DeliveryView, listed=True, row=True, parameters=FAILED.parameters()))
async def list_failed(
    caller: Annotated[AdminCaller, admin(Area.SETTINGS, Right.READ)],
    query: Annotated[ListQuery, FAILED.depends()],
    queries: Annotated[DeadLetterQueries, use(DeadLetterQueries)],
) -> Response:
    """What could not be delivered and is not tried any more, what was given up last at the front unless sorted
    otherwise.
    """
    wanted = replace(query, sort=query.sort or NEWEST_FIRST)
    return answer_page(await queries.failed(wanted), query)


@router.post("/{id}/resend", **spec(DeliveryView, ResendDelivery.errors, row=True))
async def resend_failed(
    id: UUID,
    caller: Annotated[AdminCaller, admin(Area.SETTINGS, Right.EDIT)],
    resend: Annotated[ResendDelivery, use(ResendDelivery)],
) -> Response:
    """Try one again, from now on and as often as a new one."""
    return answer(await resend(by=caller.actor, delivery_id=id))
