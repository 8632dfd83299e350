"""The passenger did not come."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking, require_side, require_undisputed, show_booking
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import BookingView
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.booking import Booking, TooEarly
from allonova.domain.carpool.dispute import BookingDisputed
from allonova.domain.carpool.events import PassengerMissing
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, Forbidden, InvalidTransition, NotFound


async def end_as_no_show(unit: CarpoolUnit, desk: EndingDesk, trip: Trip, booking: Booking, by: Actor) -> None:
    """End a paid booking whose passenger did not come; he loses the no-show fee. The caller saves the trip.

    Raises:
        BookingDisputed: the sides argue about its money.
    """
    fee = desk.rules_of(trip).no_show_fee(booking.amount_total)
    booking.no_show(by, desk.clock.now(), fee=fee)
    await require_undisputed(unit, booking)
    trip.unsell(booking.ride, booking.seats)
    await desk.pay_back(unit, trip, booking, fee=fee)
    await desk.keep(unit, booking, by, PassengerMissing(booking.id), "booking.no_show")


@wired
class ReportNoShow:
    """The driver's word, from half an hour after departure on, that a paid passenger did not come."""

    begin: Begin[CarpoolUnit]
    endings: EndingDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        Forbidden,
        InvalidTransition,
        TooEarly,
        BookingDisputed,
    )

    async def __call__(self, *, caller_id: UUID, booking_id: UUID) -> BookingView:
        """Only that trip's driver may."""
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            by = require_side(caller_id, trip, booking)
            await end_as_no_show(unit, self.endings, trip, booking, by)
            await self.endings.close(unit, trip)
            return await show_booking(unit, booking_id, caller_id)
