"""Interventions: what somebody has to look at."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import MISSING

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.dispatch.bodies import NovaBody, staff_router
from allonova.adapters.http.dispatch.staff import AnyStaff, StaffAdmin
from allonova.adapters.http.fields import Line, Text, given
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import IfMatch, use
from allonova.application.dispatch.change_intervention import ChangeIntervention
from allonova.application.dispatch.create_intervention import CreateIntervention, InterventionDraft
from allonova.application.dispatch.desk_queries import DeskQueries
from allonova.application.dispatch.desk_views import InterventionView
from allonova.application.dispatch.remove_intervention import RemoveIntervention
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.dispatch.intervention import (
    InterventionChange,
    InterventionStatut,
    InterventionType,
    Priorite,
)
from allonova.domain.kernel.errors import NotFound

router = staff_router("interventions", "/api/interventions")
INTERVENTIONS = Listing(
    filters={
        "statut": InterventionStatut,
        "priorite": Priorite,
        "type": InterventionType,
        "taxiId": UUID,
        "commandeId": UUID,
    },
    dated="createdAt",
    sortable=["createdAt", "priorite"],
)
NEWEST_FIRST = (Sort("createdAt", descending=True),)


class InterventionBody(NovaBody):
    """What is reported, about one commande or one taxi."""

    commande_id: UUID | None = None
    taxi_id: UUID | None = None
    type: InterventionType
    titre: Line
    description: Text | None = None
    priorite: Priorite = Priorite.NORMALE


class InterventionChangeBody(NovaBody):
    """What is to be otherwise; what is left out stays. A `description` of null leaves none."""

    statut: InterventionStatut | MISSING = MISSING
    priorite: Priorite | MISSING = MISSING
    titre: Line | MISSING = MISSING
    description: Text | MISSING | None = MISSING

    def to_change(self) -> InterventionChange:
        """As the use case takes it."""
        return InterventionChange(
            statut=given(self.statut),
            priorite=given(self.priorite),
            titre=given(self.titre),
            description="" if self.description is None else given(self.description),
        )


@router.get("", **spec(InterventionView, listed=True, row=True, parameters=INTERVENTIONS.parameters()))
async def list_interventions(
    caller: StaffAdmin,
    query: Annotated[ListQuery, INTERVENTIONS.depends()],
    queries: Annotated[DeskQueries, use(DeskQueries)],
) -> Response:
    """The company's interventions, the newest first; `sort=-priorite` puts the most urgent first."""
    weighed = tuple(replace(each, field="urgence") if each.field == "priorite" else each for each in query.sort)
    wanted = replace(query, sort=weighed or NEWEST_FIRST)
    return answer_page(await queries.interventions(caller.societe_id, wanted), query)


@router.post("", **spec(InterventionView, CreateIntervention.errors, status=201))
async def create_intervention(
    body: InterventionBody, caller: AnyStaff, create: Annotated[CreateIntervention, use(CreateIntervention)]
) -> Response:
    """Report something. A chauffeur does so on his own courses and his own taxi."""
    draft = InterventionDraft(
        commande_id=body.commande_id,
        taxi_id=body.taxi_id,
        type=body.type,
        titre=body.titre,
        description=body.description or "",
        priorite=body.priorite,
    )
    intervention = await create(by=caller, draft=draft)
    return answer(intervention, status=201, etag=intervention.version)


@router.get("/{id}", **spec(InterventionView, [NotFound], row=True))
async def get_intervention(id: UUID, caller: StaffAdmin, queries: Annotated[DeskQueries, use(DeskQueries)]) -> Response:
    """One intervention."""
    intervention = await queries.intervention(caller.societe_id, id)
    if intervention is None:
        raise NotFound
    return answer(intervention, etag=intervention.version)


@router.patch("/{id}", **spec(InterventionView, ChangeIntervention.errors, row=True))
async def change_intervention(
    id: UUID,
    body: InterventionChangeBody,
    caller: StaffAdmin,
    version: IfMatch,
    change: Annotated[ChangeIntervention, use(ChangeIntervention)],
) -> Response:
    """Take it up, settle it, open it again, or say something else of it."""
    intervention = await change(by=caller, intervention_id=id, change=body.to_change(), expected=version)
    return answer(intervention, etag=intervention.version)


@router.delete("/{id}", **spec(None, RemoveIntervention.errors, status=204, row=True))
async def remove_intervention(
    id: UUID,
    caller: StaffAdmin,
    version: IfMatch,
    remove: Annotated[RemoveIntervention, use(RemoveIntervention)],
) -> Response:
    """Throw it away; the audit log keeps that there was one."""
    await remove(by=caller, intervention_id=id, expected=version)
    return Response(status_code=204)
