"""The company's address book."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import MISSING, Field

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.dispatch.bodies import NovaBody, staff_router
from allonova.adapters.http.dispatch.staff import StaffAdmin
from allonova.adapters.http.dispatch.taxis import still_active
from allonova.adapters.http.fields import Email, Line, WrittenPhone, given
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import IfMatch, use
from allonova.application.dispatch.add_client import AddClient, ClientDraft
from allonova.application.dispatch.change_client import ChangeClient
from allonova.application.dispatch.fleet_queries import FleetQueries
from allonova.application.dispatch.remove_client import RemoveClient
from allonova.application.dispatch.views import ClientView
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.dispatch.client import ClientChange, ClientType
from allonova.domain.kernel.errors import NotFound

router = staff_router("clients", "/api/clients")
CLIENTS = Listing(filters={"type": ClientType, "active": bool}, sortable=["nom", "createdAt"], searched=True)


class ClientBody(NovaBody):
    """A client."""

    type: ClientType
    nom: Annotated[Line, Field(examples=["Hôtel Ivoire"])]
    contact_email: Email | None = None
    contact_phone: WrittenPhone | None = None
    adresse: Line | None = None


class ClientChangeBody(NovaBody):
    """What is to be otherwise; what is left out stays, and null takes a contact or the address away."""

    type: ClientType | MISSING = MISSING
    nom: Line | MISSING = MISSING
    contact_email: Email | MISSING | None = MISSING
    contact_phone: WrittenPhone | MISSING | None = MISSING
    adresse: Line | MISSING | None = MISSING

    def to_change(self) -> ClientChange:
        """As the use case takes it."""
        return ClientChange(
            type=given(self.type),
            nom=given(self.nom),
            contact_email="" if self.contact_email is None else given(self.contact_email),
            contact_phone="" if self.contact_phone is None else given(self.contact_phone),
            adresse="" if self.adresse is None else given(self.adresse),
        )


@router.get("", **spec(ClientView, listed=True, row=True, parameters=CLIENTS.parameters()))
async def list_clients(
    caller: StaffAdmin,
    query: Annotated[ListQuery, CLIENTS.depends()],
    queries: Annotated[FleetQueries, use(FleetQueries)],
) -> Response:
    """Clients by name, without those that were given up (`active=in:true,false` shows them as well). `q` looks at name,
    e-mail, phone and address.
    """
    query = still_active(replace(query, sort=query.sort or (Sort("nom"),)))
    return answer_page(await queries.clients(caller.societe_id, query), query)


@router.post("", **spec(ClientView, AddClient.errors, status=201, row=True))
async def add_client(body: ClientBody, caller: StaffAdmin, add: Annotated[AddClient, use(AddClient)]) -> Response:
    """Write a client into the address book."""
    draft = ClientDraft(
        type=body.type,
        nom=body.nom,
        contact_email=body.contact_email,
        contact_phone=body.contact_phone,
        adresse=body.adresse,
    )
    client = await add(by=caller, draft=draft)
    return answer(client, status=201, etag=client.version)


@router.get("/{id}", **spec(ClientView, [NotFound], row=True))
async def get_client(id: UUID, caller: StaffAdmin, queries: Annotated[FleetQueries, use(FleetQueries)]) -> Response:
    """A client."""
    client = await queries.client(caller.societe_id, id)
    if client is None:
        raise NotFound
    return answer(client, etag=client.version)


@router.patch("/{id}", **spec(ClientView, ChangeClient.errors, row=True))
async def change_client(
    id: UUID,
    body: ClientChangeBody,
    caller: StaffAdmin,
    version: IfMatch,
    change: Annotated[ChangeClient, use(ChangeClient)],
) -> Response:
    """Change a client."""
    client = await change(by=caller, client_id=id, change=body.to_change(), expected=version)
    return answer(client, etag=client.version)


@router.delete("/{id}", **spec(None, RemoveClient.errors, status=204, row=True))
async def remove_client(
    id: UUID, caller: StaffAdmin, version: IfMatch, remove: Annotated[RemoveClient, use(RemoveClient)]
) -> Response:
    """Strike a client out. One who has ordered is kept as no longer `active`, and his courses stay."""
    await remove(by=caller, client_id=id, expected=version)
    return Response(status_code=204)
