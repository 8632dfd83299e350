"""The passenger has arrived."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import (
    complete_when_empty,
    lock_booking,
    require_side,
    require_undisputed,
    show_booking,
)
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import BookingView
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.dispute import BookingDisputed
from allonova.domain.carpool.events import BookingCompleted
from allonova.domain.carpool.fares import ride_completed
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, Forbidden, InvalidTransition, NotFound
from allonova.domain.kernel.machine import Party


async def complete_booking(unit: CarpoolUnit, ids: Ids, trip: Trip, booking: Booking, by: Actor, now: datetime) -> None:
    """The ride is over: by the driver's word it ended, by anybody else's it is long past. The fare leaves escrow,
    unless the sides argue about it. Raises BookingDisputed.
    """
    if by.party is Party.DRIVER:
        booking.end(by, now)
    else:
        booking.complete(by, now)
    await require_undisputed(unit, booking)
    await unit.bookings.save(booking)
    await unit.journal.post(ride_completed(ids.new(), booking, trip.driver_id, now))
    await complete_when_empty(unit, trip, now)
    await unit.outbox.put(BookingCompleted(booking.id))
    await unit.audit.put(actor=by, action="booking.completed", entity="booking", entity_id=booking.id)


@wired
class EndRide:
    """End a ride that was started: the fare leaves escrow, and the trip completes with its last booking."""

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, Forbidden, InvalidTransition, BookingDisputed)

    async def __call__(self, *, caller_id: UUID, booking_id: UUID) -> BookingView:
        """Only that trip's driver may."""
        now = self.clock.now()
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            by = require_side(caller_id, trip, booking)
            await complete_booking(unit, self.ids, trip, booking, by, now)
            return await show_booking(unit, booking_id, caller_id)
