"""The passenger is aboard."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking, require_side, show_booking
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import BookingView
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.events import BookingStarted
from allonova.domain.kernel.errors import DomainError, Forbidden, InvalidTransition, NotFound


@wired
class StartRide:
    """Start the ride of a passenger who checked in; the first one sets the trip going."""

    begin: Begin[CarpoolUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, Forbidden, InvalidTransition)

    async def __call__(self, *, caller_id: UUID, booking_id: UUID) -> BookingView:
        """Only that trip's driver may."""
        now = self.clock.now()
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            by = require_side(caller_id, trip, booking)
            booking.start(by, now)
            trip.start(by.party, now)
            await unit.trips.save_route(trip)
            await unit.bookings.save(booking)
            await unit.outbox.put(BookingStarted(booking.id))
            await unit.audit.put(actor=by, action="booking.started", entity="booking", entity_id=booking.id)
            return await show_booking(unit, booking_id, caller_id)
