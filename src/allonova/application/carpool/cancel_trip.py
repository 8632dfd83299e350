"""A trip does not take place."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.own_trip import lock_own_trip
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.publish_trip import show_trip
from allonova.application.carpool.views import TripView
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, InvalidTransition, NotFound, PreconditionFailed
from allonova.domain.kernel.machine import Party

TRIP_CANCELLED = "trip_cancelled"  # why a booking ended, where nobody says more


async def cancel_trip(unit: CarpoolUnit, trip: Trip, desk: EndingDesk, *, by: Actor, reason: str | None) -> None:
    """End a locked trip and every live booking on it: who has paid gets all of it back, and a driver who does it late
    is fined, once for the trip.

    Raises:
        InvalidTransition: it is under way or over, or somebody is checked in.
    """
    trip.cancel(by.party, desk.clock.now(), reason)
    paid = await desk.end_bookings_of_trip(unit, trip, by=by, reason=reason or TRIP_CANCELLED)
    if paid and by.party is Party.DRIVER:
        await desk.fine_driver(unit, trip, departure=trip.departure_time, ref_type="trip", ref_id=trip.id)
    await unit.trips.save_route(trip)
    await unit.audit.put(actor=by, action="trip.cancelled", entity="trip", entity_id=trip.id)


@wired
class CancelTrip:
    """Call a draft or a published trip off."""

    begin: Begin[CarpoolUnit]
    endings: EndingDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, InvalidTransition, PreconditionFailed)

    async def __call__(self, *, caller_id: UUID, trip_id: UUID, reason: str | None, version: int | None) -> TripView:
        """Only its driver may; `reason` is for the passengers to read."""
        async with self.begin() as unit:
            trip = await lock_own_trip(unit, trip_id, caller_id, version)
            await cancel_trip(unit, trip, self.endings, by=Actor(Party.DRIVER, caller_id), reason=reason)
            return await show_trip(unit, trip_id, caller_id)
