"""Vehicles, as the back office reviews them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field, StrictBool

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body, Line
from allonova.adapters.http.provide import AdminCaller, IfMatch, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.review_vehicle import ReviewVehicle
from allonova.application.carpool.views import VehicleView
from allonova.domain.carpool.vehicle import Comfort
from allonova.domain.identity.roles import Area, Right

router = api_router("Back office", "/admin/vehicles")


class VehicleReview(Body):
    """What was found; what is left out stays as it is."""

    verified: StrictBool | None = None
    comfort_level: Comfort | None = None
    reason: Line = Field(description="Kept in the audit log: name no person here.")


@router.patch("/{id}", **spec(VehicleView, ReviewVehicle.errors, row=True))
async def review_vehicle(
    id: UUID,
    body: VehicleReview,
    caller: Annotated[AdminCaller, admin(Area.KYC, Right.ALL)],
    if_match: IfMatch,
    review: Annotated[ReviewVehicle, use(ReviewVehicle)],
) -> Response:
    """Verify a vehicle or correct its comfort."""
    vehicle = await review(by=caller.actor, vehicle_id=id, expected=if_match, **body.model_dump())
    return answer(vehicle, etag=vehicle.version)
