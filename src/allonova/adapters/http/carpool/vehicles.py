"""One's vehicles."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import MISSING, Field, StrictInt, StringConstraints

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, Line, given
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import IfMatch, UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.add_vehicle import AddVehicle, VehicleDraft
from allonova.application.carpool.change_vehicle import ChangeVehicle
from allonova.application.carpool.ports import CarpoolQueries
from allonova.application.carpool.retire_vehicle import RetireVehicle
from allonova.application.carpool.views import VehicleView
from allonova.application.kernel.listing import ListQuery
from allonova.domain.carpool.vehicle import Comfort, VehicleChange
from allonova.domain.kernel.errors import NotFound

router = api_router("Vehicles", "/vehicles")
VEHICLES = Listing(filters={"created_at": Instant}, ranges=["created_at"], sortable=["created_at"])


type Plate = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 \-]{1,18}[A-Za-z0-9]$"), Field(examples=["1234 AB 01"])
]
type VehicleSeats = Annotated[StrictInt, Field(ge=2, le=20)]
type Year = Annotated[StrictInt, Field(ge=1950, le=2100)]


class VehicleBody(Body):
    """A vehicle; `seats_total` counts the driver's seat."""

    make: Line = Field(examples=["Toyota"])
    model: Line = Field(examples=["Corolla"])
    color: Line = Field(examples=["gris"])
    plate_number: Plate
    seats_total: VehicleSeats
    comfort_level: Comfort = Comfort.STANDARD
    year: Year | None = None


class VehicleChangeBody(Body):
    """What is to be otherwise; what is left out stays. Another plate, make, model, year or number of seats is verified
    anew.
    """

    make: Line | MISSING = MISSING
    model: Line | MISSING = MISSING
    color: Line | MISSING = MISSING
    plate_number: Plate | MISSING = MISSING
    seats_total: VehicleSeats | MISSING = MISSING
    comfort_level: Comfort | MISSING = MISSING
    year: Year | MISSING | None = MISSING

    def to_change(self) -> VehicleChange:
        """As the use case takes it."""
        return VehicleChange(
            make=given(self.make),
            model=given(self.model),
            color=given(self.color),
            plate_number=given(self.plate_number),
            seats_total=given(self.seats_total),
            comfort_level=given(self.comfort_level),
            year=0 if self.year is None else given(self.year),
        )


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
    vehicle = await add(caller_id=caller.user_id, draft=draft)
    return answer(vehicle, status=201, etag=vehicle.version)


@router.get("/{id}", **spec(VehicleView, [NotFound]))
async def get_vehicle(
    id: UUID, caller: UserCaller, queries: Annotated[CarpoolQueries, use(CarpoolQueries)]
) -> Response:
    """One of one's own vehicles."""
    vehicle = await queries.vehicle(id, owner_id=caller.user_id)
    if vehicle is None:
        raise NotFound
    return answer(vehicle, etag=vehicle.version)


@router.patch("/{id}", **spec(VehicleView, ChangeVehicle.errors))
async def change_vehicle(
    id: UUID,
    body: VehicleChangeBody,
    caller: UserCaller,
    version: IfMatch,
    change: Annotated[ChangeVehicle, use(ChangeVehicle)],
) -> Response:
    """Change one of one's own vehicles."""
    vehicle = await change(caller_id=caller.user_id, vehicle_id=id, change=body.to_change(), version=version)
    return answer(vehicle, etag=vehicle.version)


@router.delete("/{id}", **spec(None, RetireVehicle.errors, status=204))
async def retire_vehicle(
    id: UUID, caller: UserCaller, version: IfMatch, retire: Annotated[RetireVehicle, use(RetireVehicle)]
) -> Response:
    """Give one of one's own vehicles up, as long as no published trip counts on it."""
    await retire(caller_id=caller.user_id, vehicle_id=id, version=version)
    return Response(status_code=204)
