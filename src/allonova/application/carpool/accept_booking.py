"""The driver says yes."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking, require_side, show_booking
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import BookingView
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.booking import BookingTooLate
from allonova.domain.carpool.events import BookingAccepted
from allonova.domain.carpool.rules import RulesNow
from allonova.domain.carpool.seats import NotEnoughSeats
from allonova.domain.carpool.trip import TripNotBookable
from allonova.domain.kernel.errors import DomainError, Forbidden, InvalidTransition, NotFound


@wired
class AcceptBooking:
    """Accept a pending booking: its seats are held until the money comes or the hold ends."""

    begin: Begin[CarpoolUnit]
    clock: Clock
    rules: RulesNow

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        Forbidden,
        InvalidTransition,
        BookingTooLate,
        NotEnoughSeats,
        TripNotBookable,
    )

    async def __call__(self, *, caller_id: UUID, booking_id: UUID) -> BookingView:
        """Only that trip's driver may."""
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            by = require_side(caller_id, trip, booking)
            booking.accept(by, self.clock.now(), self.rules().hold)
            trip.require_running()
            trip.hold(booking.ride, booking.seats)
            await unit.trips.save(trip)
            await unit.bookings.save(booking)
            await unit.outbox.put(BookingAccepted(booking.id))
            await unit.audit.put(actor=by, action="booking.accepted", entity="booking", entity_id=booking.id)
            return await show_booking(unit, booking_id, caller_id)
