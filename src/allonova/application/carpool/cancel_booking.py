"""A side does not want it any more."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking, require_side, require_undisputed, show_booking
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import BookingView
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.booking import BookingStage, BookingStatus
from allonova.domain.carpool.dispute import BookingDisputed
from allonova.domain.kernel.errors import DomainError, InvalidTransition, NotFound
from allonova.domain.kernel.machine import Party


@wired
class CancelBooking:
    """Cancel before check-in. A passenger who has paid loses the fee of the window he is in; one whom the driver lets
    down loses nothing, and a driver who does it late is fined. No fee is taken while the sides argue about the booking.
    """

    begin: Begin[CarpoolUnit]
    endings: EndingDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, InvalidTransition, BookingDisputed)

    async def __call__(self, *, caller_id: UUID, booking_id: UUID, reason: str | None) -> BookingView:
        """Either side may; `reason` is for the other one to read."""
        desk = self.endings
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            by = require_side(caller_id, trip, booking)
            is_paid, is_driver = booking.status is BookingStatus.PAID, by.party is Party.DRIVER
            fee = 0
            if is_paid and not is_driver:
                fee = desk.rules_of(trip).passenger_fee(booking.amount_total, booking.departure_time, desk.clock.now())
            if fee and booking.stage is BookingStage.PAID:
                await require_undisputed(unit, booking)
            await desk.cancel(unit, trip, booking, by=by, reason=reason or "cancelled", fee=fee)
            if is_paid and is_driver:
                await desk.fine_driver(
                    unit, trip, departure=booking.departure_time, ref_type="booking", ref_id=booking.id
                )
            await desk.close(unit, trip)
            return await show_booking(unit, booking_id, caller_id)
