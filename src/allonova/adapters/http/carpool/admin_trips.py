"""Trips in the back office."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Response
from pydantic import StrictBool

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, Text
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, IfMatch, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.oversight_queries import OversightQueries
from allonova.application.carpool.oversight_views import DeskTripDetail, DeskTripView
from allonova.application.carpool.stop_trip import StopTrip, StopWish
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.carpool.trip import StopCategory, TripStatus
from allonova.domain.identity.roles import Area, Right
from allonova.domain.kernel.errors import NotFound

router = api_router("Back office: trips", "/admin/trips")
TRIPS = Listing(
    filters={
        "status": TripStatus,
        "driver_id": UUID,
        "vehicle_id": UUID,
        "women_only": bool,
        "departure_time": Instant,
        "created_at": Instant,
    },
    ranges=["departure_time", "created_at"],
    sortable=["departure_time", "created_at"],
)
NEWEST_FIRST = (Sort("created_at", descending=True),)

type Reader = Annotated[AdminCaller, admin(Area.TRIPS, Right.READ)]
type Moderator = Annotated[AdminCaller, admin(Area.TRIPS, Right.ALL)]
type Reading = Annotated[OversightQueries, use(OversightQueries)]


class StopBody(Body):
    """Why a trip is called off: `category` is told to the driver, `reason` stays in the back office. With `penalty` he
    is fined as if he had called it off himself.
    """

    status: Literal["cancelled"]
    reason: Text
    category: StopCategory = StopCategory.OTHER
    penalty: StrictBool = False

    def to_wish(self) -> StopWish:
        """As the use case takes it."""
        return StopWish(category=self.category, reason=self.reason, penalty=self.penalty)


@router.get("", **spec(DeskTripView, listed=True, row=True, parameters=TRIPS.parameters()))
async def list_all_trips(caller: Reader, query: Annotated[ListQuery, TRIPS.depends()], queries: Reading) -> Response:
    """All trips, the newest first unless sorted otherwise."""
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    return answer_page(await queries.trips(query), query)


@router.get("/{id}", **spec(DeskTripDetail, [NotFound], row=True))
async def show_any_trip(id: UUID, caller: Reader, queries: Reading) -> Response:
    """A trip with its driver, its plate, its bookings and what is in escrow for them."""
    trip = await queries.trip(id)
    if trip is None:
        raise NotFound
    return answer(trip, etag=trip.version)


@router.patch("/{id}", **spec(DeskTripDetail, StopTrip.errors, row=True))
async def stop_trip(
    id: UUID, body: StopBody, caller: Moderator, version: IfMatch, stop: Annotated[StopTrip, use(StopTrip)]
) -> Response:
    """Call a trip off that has not begun: every passenger gets all back, the driver is told."""
    trip = await stop(by=caller.actor, trip_id=id, wish=body.to_wish(), version=version)
    return answer(trip, etag=trip.version)
