"""The driver says that he was there."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking, require_side, show_booking
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import BookingView
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.booking import NothingToContest
from allonova.domain.carpool.events import RideContested
from allonova.domain.kernel.errors import DomainError, Forbidden, NotFound


@wired
class ContestNoShow:
    """The driver's answer, within a day, to a passenger who saw no driver: the money waits for the back office."""

    begin: Begin[CarpoolUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, Forbidden, NothingToContest)

    async def __call__(self, *, caller_id: UUID, booking_id: UUID) -> BookingView:
        """Only that trip's driver may; saying it twice changes nothing."""
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            by = require_side(caller_id, trip, booking)
            was_contested = booking.contested_at
            booking.contest(by, self.clock.now())
            if booking.contested_at != was_contested:
                await unit.bookings.save(booking)
                await unit.outbox.put(RideContested(booking.id))
                await unit.audit.put(actor=by, action="booking.contested", entity="booking", entity_id=booking.id)
            return await show_booking(unit, booking_id, caller_id)
