"""The driver wants something of a trip otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.name_places import name_places
from allonova.application.carpool.own_trip import lock_own_trip
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.publish_trip import show_trip
from allonova.application.carpool.views import TripView
from allonova.application.kernel.places import Places
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.roads import RoutePlanner
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.events import TripChanged, TripPublished
from allonova.domain.carpool.rules import RulesNow
from allonova.domain.carpool.trip import Trip, TripsOverlap, TripStatus, require_fair_price
from allonova.domain.carpool.trip_change import (
    TripChange,
    TripClosed,
    TripFrozen,
    change_trip,
    moves_ends,
    waypoints_after,
)
from allonova.domain.carpool.women_only import WomenOnlyRefused, may_ride, require_confirmed_woman
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import (
    DomainError,
    FieldError,
    NotFound,
    PreconditionFailed,
    StaleVersion,
    ValidationError,
)
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Party
from allonova.domain.kernel.road import Reached

TRIP_CHANGED = "trip_changed"  # why a booking ended whose stretch is no more
TOLD = frozenset({"departure_time", "vehicle_id"})  # what passengers must know before they stand at the roadside
SOUGHT = frozenset({"origin", "destination", "departure_time", "price_per_seat", "seats_available", "women_only"})
"""What a search looks at."""


@dataclass(frozen=True, slots=True)
class Road:
    """A route that was planned outside the unit."""

    points: tuple[Point, ...]
    departure: datetime
    reached: Sequence[Reached]


@wired
class ChangeTrip:
    """Change a draft or a published trip, as far as its passengers were not promised otherwise.

    A new departure moves stops, arrival and bookings along. Another origin or destination ends the requests that
    nobody has accepted: their stretch is no more. So does a trip that becomes one for women alone, where those who
    asked are none by their papers.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock
    rules: RulesNow
    planner: RoutePlanner
    places: Places
    endings: EndingDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        TripClosed,
        TripFrozen,
        TripsOverlap,
        WomenOnlyRefused,
        StaleVersion,
        PreconditionFailed,
        ValidationError,
    )

    async def __call__(self, *, caller_id: UUID, trip_id: UUID, change: TripChange, version: int | None) -> TripView:
        """Only its driver may; `version` is the one that he read, if he says so.

        Raises:
            StaleVersion: somebody changed the route while the new one was being planned.
        """
        now, by = self.clock.now(), Actor(Party.DRIVER, caller_id)
        change, road = await self._plan(caller_id, trip_id, change)
        async with self.begin() as unit:
            trip = await lock_own_trip(unit, trip_id, caller_id, version)
            departure = trip.departure_time
            changed = change_trip(trip, change, _still_leads(road, trip, change), now)
            if changed:
                await self._require_sound(unit, trip, changed)
                if changed & {"origin", "destination"}:
                    await self.endings.end_bookings_of_trip(unit, trip, by=by, reason=TRIP_CHANGED)
                if "women_only" in changed and trip.women_only:
                    await self._close_to_men(unit, trip, by)
                await self._tell(unit, trip, changed, moved=trip.departure_time - departure)
                await unit.trips.save_route(trip)
                meta = {"changed": ",".join(sorted(changed))}
                await unit.audit.put(actor=by, action="trip.changed", entity="trip", entity_id=trip.id, meta=meta)
            return await show_trip(unit, trip_id, caller_id)

    async def _plan(self, caller_id: UUID, trip_id: UUID, change: TripChange) -> tuple[TripChange, Road | None]:
        """The change with names for its places, and the new road, when origin or destination move. Maps may be vendors:
        no transaction waits for them.
        """
        if change.origin is None and change.destination is None:
            return change, None
        async with self.begin() as unit:
            trip = await unit.trips.get(trip_id)
        if trip.driver_id != caller_id:
            raise NotFound
        given = {name: end for name, end in (("origin", change.origin), ("destination", change.destination)) if end}
        ends, _ = await name_places(self.places, given)
        change = replace(change, origin=ends.get("origin"), destination=ends.get("destination"))
        if not moves_ends(trip, change):
            return change, None
        points, departure = waypoints_after(trip, change), change.departure_time or trip.departure_time
        return change, Road(points, departure, await self.planner.reach(points, departure=departure))

    async def _close_to_men(self, unit: CarpoolUnit, trip: Trip, by: Actor) -> None:
        """Refuse a driver who may not, and end the requests of those who may not ride."""
        driver = await unit.users.get(trip.driver_id)
        require_confirmed_woman(driver)
        for booking in await unit.bookings.live_of(trip.id):
            if not may_ride(trip, driver, await unit.users.get(booking.passenger_id)):
                await self.endings.cancel(unit, trip, booking, by=by, reason=TRIP_CHANGED)

    async def _require_sound(self, unit: CarpoolUnit, trip: Trip, changed: frozenset[str]) -> None:
        """The vehicle has the seats, and what is published keeps the rules of publishing."""
        if changed & {"vehicle_id", "seats_available"}:
            vehicle = await unit.vehicles.find(lock=True, id=trip.vehicle_id, user_id=trip.driver_id)
            if vehicle is None:
                raise ValidationError((FieldError("vehicle_id", "unknown", "not one of your vehicles"),))
            vehicle.require_room(trip.seats_total)
        if trip.status is TripStatus.PUBLISHED:
            require_fair_price(trip, self.rules().corridors)

    async def _tell(self, unit: CarpoolUnit, trip: Trip, changed: frozenset[str], *, moved: timedelta) -> None:
        """Bookings that stand leave when the trip does, and their passengers hear of it. So do those who look."""
        if moved:
            await unit.bookings.shift(trip.id, by=moved, at=self.clock.now())
        if changed & TOLD:
            for booking in await unit.bookings.live_of(trip.id):
                await unit.outbox.put(TripChanged(booking.id))
        if trip.status is TripStatus.PUBLISHED and changed & SOUGHT:
            await unit.outbox.put(TripPublished(trip.id))


def _still_leads(road: Road | None, trip: Trip, change: TripChange) -> Sequence[Reached]:
    """What was planned, if the trip is still the one that it was planned for."""
    if not moves_ends(trip, change):
        return ()
    departure = change.departure_time or trip.departure_time
    if road is None or (road.points, road.departure) != (waypoints_after(trip, change), departure):
        raise StaleVersion
    return road.reached
