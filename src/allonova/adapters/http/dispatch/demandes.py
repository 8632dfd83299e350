"""Offers: a chauffeur's answers, and a course that several are asked for."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.dispatch.bodies import NovaBody, staff_router
from allonova.adapters.http.dispatch.staff import Chauffeur, StaffAdmin
from allonova.adapters.http.fields import Line
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import IfMatch, use
from allonova.application.dispatch.accept_demande import AcceptDemande
from allonova.application.dispatch.broadcast_commande import BroadcastCommande
from allonova.application.dispatch.offer_queries import OfferQueries
from allonova.application.dispatch.refuse_demande import RefuseDemande
from allonova.application.dispatch.views import CommandeView, DemandeView
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.application.kernel.ports import Clock
from allonova.domain.dispatch.demande import DIFFUSION_AT_MOST

router = staff_router("demandes", "/api")
DEMANDES = Listing(filters={}, sortable=["expireAt"])
SOONEST = (Sort("expireAt"),)

type Rayon = Annotated[
    float,
    Field(
        gt=0,
        le=500,
        strict=True,
        allow_inf_nan=False,
        description="Only chauffeurs whose position, younger than two minutes, is so near the `priseEnChargePoint`.",
    ),
]


class RefusalBody(NovaBody):
    """Why, for the dispatchers to read."""

    motif: Line | None = None


class DiffusionBody(NovaBody):
    """Who is to be asked; without anything, all that are free."""

    taxi_ids: Annotated[list[UUID], Field(min_length=1, max_length=DIFFUSION_AT_MOST)] | None = None
    rayon_km: Rayon | None = None


@router.get("/me/demandes", **spec(DemandeView, listed=True, row=True, parameters=DEMANDES.parameters()))
async def list_demandes(
    caller: Chauffeur,
    query: Annotated[ListQuery, DEMANDES.depends()],
    queries: Annotated[OfferQueries, use(OfferQueries)],
    clock: Annotated[Clock, use(Clock)],
) -> Response:
    """What one may still answer, the soonest end first."""
    wanted = ListQuery(query.filters, query.sort or SOONEST, query.page, query.page_size)
    return answer_page(await queries.demandes(caller.societe_id, caller.id, wanted, now=clock.now()), wanted)


@router.post("/demandes/{id}/accept", **spec(DemandeView, AcceptDemande.errors, row=True))
async def accept_demande(id: UUID, caller: Chauffeur, accept: Annotated[AcceptDemande, use(AcceptDemande)]) -> Response:
    """The first yes has the course; said again by the winner it changes nothing."""
    return answer(await accept(by=caller, demande_id=id))


@router.post("/demandes/{id}/refuse", **spec(DemandeView, RefuseDemande.errors, row=True))
async def refuse_demande(
    id: UUID,
    caller: Chauffeur,
    refuse: Annotated[RefuseDemande, use(RefuseDemande)],
    body: RefusalBody | None = None,
) -> Response:
    """The commande goes back to the pool, and the dispatchers are told, once nobody else is asked."""
    return answer(await refuse(by=caller, demande_id=id, motif=None if body is None else body.motif))


@router.post("/commandes/{id}/diffusion", **spec(CommandeView, BroadcastCommande.errors, row=True))
async def broadcast_commande(
    id: UUID,
    caller: StaffAdmin,
    version: IfMatch,
    broadcast: Annotated[BroadcastCommande, use(BroadcastCommande)],
    body: DiffusionBody | None = None,
) -> Response:
    """Ask several free chauffeurs at once, the nearest first; the first to accept has it. Whoever was asked before is
    not any more, or anew.
    """
    wanted = body or DiffusionBody()
    view = await broadcast(
        by=caller, commande_id=id, taxi_ids=wanted.taxi_ids, rayon_km=wanted.rayon_km, expected=version
    )
    return answer(view, etag=view.version)
