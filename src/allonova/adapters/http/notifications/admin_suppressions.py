"""Addresses to which nothing is sent, in the back office."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Identifier
from allonova.adapters.http.provide import AdminCaller, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.notifications.suppression_ports import SuppressionView
from allonova.application.notifications.suppressions import LiftSuppression, ShowSuppression
from allonova.domain.identity.contact import contact_of
from allonova.domain.identity.roles import Area, Right

router = api_router("Back office", "/admin/notifications/suppressed")

type Address = Annotated[Identifier, Query(description="A phone or an e-mail; the list itself names nobody.")]


@router.get("", **spec(SuppressionView, ShowSuppression.errors, row=True))
async def get_suppression(
    address: Address,
    caller: Annotated[AdminCaller, admin(Area.SETTINGS, Right.READ)],
    show: Annotated[ShowSuppression, use(ShowSuppression)],
) -> Response:
    """Why nothing is sent to an address any more; 404 when it is not on the list."""
    return answer(await show(contact_of(address)))


@router.delete("", **spec(None, LiftSuppression.errors, status=204, row=True))
async def lift_suppression(
    address: Address,
    caller: Annotated[AdminCaller, admin(Area.SETTINGS, Right.ALL)],
    lift: Annotated[LiftSuppression, use(LiftSuppression)],
) -> Response:
    """Send there again."""
    await lift(contact_of(address), admin_id=caller.admin_id)
    return Response(status_code=204)
