"""The fleet."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import MISSING, Field, StringConstraints

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.dispatch.bodies import NovaBody, staff_router
from allonova.adapters.http.dispatch.staff import StaffAdmin
from allonova.adapters.http.fields import Line, given
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import IfMatch, use
from allonova.application.dispatch.add_taxi import AddTaxi, TaxiDraft
from allonova.application.dispatch.change_taxi import ChangeTaxi
from allonova.application.dispatch.fleet_queries import FleetQueries
from allonova.application.dispatch.fleet_views import TaxiDetail, TaxiView
from allonova.application.dispatch.remove_taxi import RemoveTaxi
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.application.kernel.ports import Clock
from allonova.domain.dispatch.taxi import TaxiChange, TaxiStatut
from allonova.domain.kernel.errors import NotFound

router = staff_router("flotte", "/api/taxis")
TAXIS = Listing(filters={"statut": TaxiStatut, "active": bool}, sortable=["numero", "createdAt"], searched=True)

type Numero = Annotated[Line, StringConstraints(max_length=20), Field(examples=["T12"])]
type Plaque = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 \-]{1,18}[A-Za-z0-9]$"), Field(examples=["1234 AB 01"])
]
type Vignette = Annotated[Line, StringConstraints(max_length=50), Field(examples=["V-2026-118"])]
type Force = Annotated[bool, Query(description="Give the courses that are promised back to the pool.")]


class TaxiBody(NovaBody):
    """A taxi; `plaque` is kept in capitals with single spaces."""

    numero: Numero
    plaque: Plaque
    vignette: Vignette


class TaxiChangeBody(NovaBody):
    """What is to be otherwise; what is left out stays. `en-course` begins and ends with a course alone."""

    numero: Numero | MISSING = MISSING
    plaque: Plaque | MISSING = MISSING
    vignette: Vignette | MISSING = MISSING
    statut: Literal[TaxiStatut.DISPONIBLE, TaxiStatut.HORS_SERVICE] | MISSING = MISSING

    def to_change(self) -> TaxiChange:
        """As the use case takes it."""
        return TaxiChange(
            numero=given(self.numero),
            plaque=given(self.plaque),
            vignette=given(self.vignette),
            statut=given(self.statut),
        )


def still_active(query: ListQuery) -> ListQuery:
    """Without those that were given up, unless the query says what it wants of `active`."""
    if any(condition.field == "active" for condition in query.filters):
        return query
    return replace(query, filters=(*query.filters, Filter("active", Op.EQ, True)))


@router.get("", **spec(TaxiView, listed=True, row=True, parameters=TAXIS.parameters()))
async def list_taxis(
    caller: StaffAdmin,
    query: Annotated[ListQuery, TAXIS.depends()],
    queries: Annotated[FleetQueries, use(FleetQueries)],
) -> Response:
    """The fleet by number, without the taxis that were given up (`active=in:true,false` shows them as well). `q` looks
    at number, plate and vignette.
    """
    query = still_active(replace(query, sort=query.sort or (Sort("numero"),)))
    return answer_page(await queries.taxis(caller.societe_id, query), query)


@router.post("", **spec(TaxiView, AddTaxi.errors, status=201, row=True))
async def add_taxi(body: TaxiBody, caller: StaffAdmin, add: Annotated[AddTaxi, use(AddTaxi)]) -> Response:
    """Take a taxi into the fleet: free, and without a chauffeur."""
    draft = TaxiDraft(numero=body.numero, plaque=body.plaque, vignette=body.vignette)
    taxi = await add(by=caller, draft=draft)
    return answer(taxi, status=201, etag=taxi.version)


@router.get("/{id}", **spec(TaxiDetail, [NotFound], row=True))
async def get_taxi(
    id: UUID,
    caller: StaffAdmin,
    queries: Annotated[FleetQueries, use(FleetQueries)],
    clock: Annotated[Clock, use(Clock)],
) -> Response:
    """A taxi with the courses that begin on it today, in the company's zone."""
    taxi = await queries.taxi_detail(caller.societe_id, id, now=clock.now())
    if taxi is None:
        raise NotFound
    return answer(taxi, etag=taxi.version)


@router.patch("/{id}", **spec(TaxiView, ChangeTaxi.errors, row=True))
async def change_taxi(
    id: UUID,
    body: TaxiChangeBody,
    caller: StaffAdmin,
    version: IfMatch,
    change: Annotated[ChangeTaxi, use(ChangeTaxi)],
    force: Force = False,
) -> Response:
    """Change a taxi, take it out of service or back. With courses before it, it stays in service unless `force` gives
    them back to the pool; `details.courses` says which. With a client aboard it stays in any case.
    """
    taxi = await change(by=caller, taxi_id=id, change=body.to_change(), expected=version, force=force)
    return answer(taxi, etag=taxi.version)


@router.delete("/{id}", **spec(None, RemoveTaxi.errors, status=204, row=True))
async def remove_taxi(
    id: UUID,
    caller: StaffAdmin,
    version: IfMatch,
    remove: Annotated[RemoveTaxi, use(RemoveTaxi)],
    force: Force = False,
) -> Response:
    """Give a taxi up. One that has driven or was asked to is kept as no longer `active`."""
    await remove(by=caller, taxi_id=id, expected=version, force=force)
    return Response(status_code=204)
