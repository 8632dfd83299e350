"""End the bookings that waited too long."""

from __future__ import annotations

import logging
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import complete_when_empty, lock_booking
from allonova.application.carpool.ports import CarpoolQueries, CarpoolUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.carpool.events import BookingExpired
from allonova.domain.kernel.changes import SYSTEM
from allonova.domain.kernel.errors import DomainError

log = logging.getLogger(__name__)

BATCH = 200


@wired
class ExpireBookings:
    """A job: pending bookings that no driver answered and accepted ones that nobody paid end; held seats are free
    again. Each in its own transaction, so that one that fails stops no other.
    """

    begin: Begin[CarpoolUnit]
    queries: CarpoolQueries
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many ended."""
        ended = 0
        while overdue := await self.queries.overdue_bookings(now=self.clock.now(), limit=BATCH):
            ended_now = sum([await self._ended(booking_id) for booking_id in overdue])
            ended += ended_now
            if ended_now == 0:
                break
        return ended

    async def _ended(self, booking_id: UUID) -> bool:
        try:
            return await self._expire(booking_id)
        except Exception:
            log.exception("booking not expired", extra={"booking_id": str(booking_id)})
            return False

    async def _expire(self, booking_id: UUID) -> bool:
        now = self.clock.now()
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            if not booking.is_overdue(now):
                return False
            if booking.status is BookingStatus.ACCEPTED:
                trip.release(booking.ride, booking.seats)
                await unit.trips.save(trip)
            booking.expire(now)
            await unit.bookings.save(booking)
            await complete_when_empty(unit, trip, now)
            await unit.outbox.put(BookingExpired(booking.id))
            await unit.audit.put(actor=SYSTEM, action="booking.expired", entity="booking", entity_id=booking.id)
            return True
