"""Cards of the board, listed and alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Response

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.dispatch.bodies import staff_router
from allonova.adapters.http.dispatch.staff import AnyStaff, StaffAdmin
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import use
from allonova.application.dispatch.board_queries import BoardQueries
from allonova.application.dispatch.views import CommandeView
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.application.kernel.ports import Clock
from allonova.domain.dispatch.client import ClientType
from allonova.domain.dispatch.commande import CommandeStatut
from allonova.domain.dispatch.staff import StaffRole
from allonova.domain.kernel.errors import NotFound

router = staff_router("commandes", "/api/commandes")
COMMANDES = Listing(
    filters={"statut": CommandeStatut, "clientType": ClientType, "taxiId": UUID},
    sortable=["dateISO", "createdAt", "reference", "statut"],
    nullable=["taxiId"],
    dated="dateISO",
    searched=True,
)


def ordered(query: ListQuery) -> ListQuery:
    """By the date where nothing else is asked; and those of one statut by their date, the same way round."""
    sort = query.sort or (Sort("dateISO"),)
    if len(sort) == 1 and sort[0].field == "statut":
        sort = (*sort, Sort("dateISO", sort[0].descending))
    return replace(query, sort=sort)


@router.get("", **spec(CommandeView, listed=True, row=True, parameters=COMMANDES.parameters()))
async def list_commandes(
    caller: StaffAdmin,
    query: Annotated[ListQuery, COMMANDES.depends()],
    queries: Annotated[BoardQueries, use(BoardQueries)],
    clock: Annotated[Clock, use(Clock)],
) -> Response:
    """The company's commandes by their date unless sorted otherwise; `taxiId=null` are those in the pool."""
    wanted = ordered(query)
    page = await queries.commandes(caller.societe_id, wanted, viewer=caller.role.party, now=clock.now())
    return answer_page(page, wanted)


@router.get("/{id}", **spec(CommandeView, [NotFound]))
async def get_commande(
    id: UUID,
    caller: AnyStaff,
    queries: Annotated[BoardQueries, use(BoardQueries)],
    clock: Annotated[Clock, use(Clock)],
) -> Response:
    """One commande; a chauffeur reads his own."""
    driver = caller.id if caller.role is StaffRole.CHAUFFEUR else None
    view = await queries.commande(caller.societe_id, id, viewer=caller.role.party, now=clock.now(), chauffeur_id=driver)
    if view is None:
        raise NotFound
    return answer(view, etag=view.version)
