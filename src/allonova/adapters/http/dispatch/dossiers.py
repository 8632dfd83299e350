"""What the law gives clients and staff against their company: their data, and to be forgotten."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.dispatch.bodies import staff_router
from allonova.adapters.http.dispatch.staff import StaffAdmin
from allonova.adapters.http.dispatch.users import Force
from allonova.adapters.http.provide import use
from allonova.application.dispatch.dossier_views import ClientDossier, StaffDossier
from allonova.application.dispatch.erase_client import EraseClient
from allonova.application.dispatch.erase_staff_user import EraseStaffUser
from allonova.application.dispatch.export_client import ExportClient
from allonova.application.dispatch.export_staff_user import ExportStaffUser

client_router = staff_router("clients", "/api/clients")
staff_user_router = staff_router("personnel", "/api/users")


@client_router.get("/{id}/export", **spec(ClientDossier, ExportClient.errors, row=True))
async def export_client(id: UUID, caller: StaffAdmin, export: Annotated[ExportClient, use(ExportClient)]) -> Response:
    """All that is kept of a client, as he may ask for it: himself, his orders, what was noted about them."""
    return answer(await export(by=caller, client_id=id))


@client_router.post("/{id}/erase", **spec(None, EraseClient.errors, status=204, row=True))
async def erase_client(id: UUID, caller: StaffAdmin, erase: Annotated[EraseClient, use(EraseClient)]) -> Response:
    """Forget a client for good: his name, his contacts, and where he went. His courses stay in the figures, without
    words. There is no way back; while an order of his is open it is refused.
    """
    await erase(by=caller, client_id=id)
    return Response(status_code=204)


@staff_user_router.get("/{id}/export", **spec(StaffDossier, ExportStaffUser.errors, row=True))
async def export_staff_user(
    id: UUID, caller: StaffAdmin, export: Annotated[ExportStaffUser, use(ExportStaffUser)]
) -> Response:
    """All that is kept of somebody of staff, as he may ask for it. Whom he drove is left out."""
    return answer(await export(by=caller, user_id=id))


@staff_user_router.post("/{id}/erase", **spec(None, EraseStaffUser.errors, status=204, row=True))
async def erase_staff_user(
    id: UUID, caller: StaffAdmin, erase: Annotated[EraseStaffUser, use(EraseStaffUser)], force: Force = False
) -> Response:
    """Forget somebody of staff for good: his name, his address, his phones, where he was. What he drove stays in the
    figures. There is no way back; the last active admin stays.
    """
    await erase(by=caller, user_id=id, force=force)
    return Response(status_code=204)
