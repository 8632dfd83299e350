"""A driver wants a trip gone."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.cancel_trip import cancel_trip
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.own_trip import lock_own_trip
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.trip import TripHasPaidBookings
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, InvalidTransition, NotFound, PreconditionFailed
from allonova.domain.kernel.machine import Party


@wired
class DeleteTrip:
    """Take back a trip for which nobody has paid. One that nobody ever booked leaves nothing; where somebody did, the
    trip is cancelled, so that he still sees what became of his booking.
    """

    begin: Begin[CarpoolUnit]
    endings: EndingDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        InvalidTransition,
        TripHasPaidBookings,
        PreconditionFailed,
    )

    async def __call__(self, *, caller_id: UUID, trip_id: UUID, version: int | None) -> None:
        """Only its driver may."""
        by = Actor(Party.DRIVER, caller_id)
        async with self.begin() as unit:
            trip = await lock_own_trip(unit, trip_id, caller_id, version)
            trip.require_unsold()
            if await unit.bookings.has_any(trip.id):
                await cancel_trip(unit, trip, self.endings, by=by, reason=None)
                return
            await unit.trips.remove(trip)
            await unit.audit.put(actor=by, action="trip.deleted", entity="trip", entity_id=trip.id)
