"""One's vehicles."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field, StrictInt, StringConstraints

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, Line
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.add_vehicle import AddVehicle, VehicleDraft
from allonova.application.carpool.ports import CarpoolQueries
from allonova.application.carpool.views import VehicleView
from allonova.application.kernel.listing import ListQuery
from allonova.domain.carpool.vehicle import Comfort
from allonova.domain.kernel.errors import NotFound

router = api_router("Vehicles", "/vehicles")
VEHICLES = Listing(filters={"created_at": Instant}, ranges=["created_at"], sortable=["created_at"])


class VehicleBody(Body):
    """A vehicle; `seats_total` counts the driver's seat."""

    make: Line = Field(examples=["Toyota"])
    model: Line = Field(examples=["Corolla"])
    color: Line = Field(examples=["gris"])
    plate_number: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 \-]{1,18}[A-Za-z0-9]$"), Field(examples=["1234 AB 01"])
    ]
    seats_total: Annotated[StrictInt, Field(ge=2, le=20)]
    comfort_level: Comfort = Comfort.STANDARD
    year: Annotated[StrictInt, Field(ge=1950, le=2100)] | None = None


@router.get("", **spec(VehicleView, listed=True, parameters=VEHICLES.parameters()))
async def list_vehicles(
    caller: UserCaller,
    query: Annotated[ListQuery, VEHICLES.depends()],
    queries: Annotated[CarpoolQueries, use(CarpoolQueries)],
) -> Response:
    """One's own vehicles."""
    return answer_page(await queries.vehicles(caller.user_id, query), query)


@router.post("", **spec(VehicleView, AddVehicle.errors, status=201))
async def add_vehicle(body: VehicleBody, caller: UserCaller, add: Annotated[AddVehicle, use(AddVehicle)]) -> Response:
    """Register a vehicle; the first one makes its owner a driver."""
    draft = VehicleDraft(**body.model_dump())
    return answer(await add(caller_id=caller.user_id, draft=draft), status=201)


@router.get("/{id}", **spec(VehicleView, [NotFound]))
async def get_vehicle(
    id: UUID, caller: UserCaller, queries: Annotated[CarpoolQueries, use(CarpoolQueries)]
) -> Response:
    """One of one's own vehicles."""
    vehicle = await queries.vehicle(id, owner_id=caller.user_id)
    if vehicle is None:
        raise NotFound
    return answer(vehicle)
