"""The driver draws the way anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.change_trip import TRIP_CHANGED
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.name_places import name_places
from allonova.application.carpool.own_trip import lock_own_trip
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.publish_trip import show_trip
from allonova.application.carpool.views import TripView
from allonova.application.kernel.places import Places
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.roads import RoutePlanner
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.events import TripPublished
from allonova.domain.carpool.trip import StopDraft, Trip, TripsOverlap, TripStatus, plan_stops
from allonova.domain.carpool.trip_change import TripClosed, TripFrozen, replace_stops
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound, PreconditionFailed, StaleVersion, ValidationError
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Party


@wired
class ReplaceStops:
    """Replace the whole list of a trip's stops, as long as nobody holds an accepted or paid booking; requests that
    nobody has accepted end. Prices and times that the driver leaves out follow the road.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids
    planner: RoutePlanner
    places: Places
    endings: EndingDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        TripClosed,
        TripFrozen,
        TripsOverlap,
        StaleVersion,
        PreconditionFailed,
        ValidationError,
    )

    async def __call__(
        self, *, caller_id: UUID, trip_id: UUID, drafts: Sequence[StopDraft], version: int | None
    ) -> TripView:
        """Only its driver may; an empty list leaves origin and destination alone.

        Raises:
            StaleVersion: somebody changed the route while the new one was being planned.
        """
        by = Actor(Party.DRIVER, caller_id)
        async with self.begin() as unit:
            known = await unit.trips.get(trip_id)
        if known.driver_id != caller_id:
            raise NotFound
        _, drafts = await name_places(self.places, {}, drafts)
        reached = await self.planner.reach(_points(known, drafts), departure=known.departure_time)
        async with self.begin() as unit:
            trip = await lock_own_trip(unit, trip_id, caller_id, version)
            if (_points(trip, drafts), trip.departure_time) != (_points(known, drafts), known.departure_time):
                raise StaleVersion
            stops = plan_stops([self.ids.new() for _ in drafts], drafts, reached, trip.price_per_seat)
            replace_stops(trip, stops, reached, self.clock.now())
            await self.endings.end_bookings_of_trip(unit, trip, by=by, reason=TRIP_CHANGED)
            await unit.trips.save_route(trip)
            if trip.status is TripStatus.PUBLISHED:
                await unit.outbox.put(TripPublished(trip.id))
            meta = {"changed": "stops"}
            await unit.audit.put(actor=by, action="trip.changed", entity="trip", entity_id=trip.id, meta=meta)
            return await show_trip(unit, trip_id, caller_id)


def _points(trip: Trip, drafts: Sequence[StopDraft]) -> list[Point]:
    return [trip.origin_point, *(draft.point for draft in drafts), trip.destination_point]
