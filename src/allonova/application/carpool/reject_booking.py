"""The driver says no."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import complete_when_empty, lock_booking, require_side, show_booking
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import BookingView
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.events import BookingRejected
from allonova.domain.kernel.errors import DomainError, Forbidden, InvalidTransition, NotFound


@wired
class RejectBooking:
    """Turn a pending booking down. It holds no seats, and nothing was paid."""

    begin: Begin[CarpoolUnit]
    endings: EndingDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, Forbidden, InvalidTransition)

    async def __call__(self, *, caller_id: UUID, booking_id: UUID) -> BookingView:
        """Only that trip's driver may."""
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            by = require_side(caller_id, trip, booking)
            booking.reject(by, self.endings.clock.now())
            await self.endings.keep(unit, booking, by, BookingRejected(booking.id), "booking.rejected")
            await complete_when_empty(unit, trip, self.endings.clock.now())
            return await show_booking(unit, booking_id, caller_id)
