"""Show what waits for an answer that cannot come any more."""

from __future__ import annotations

import logging
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.rate_side import show_ratings
from allonova.application.carpool.rating_queries import RatingQueries
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import DomainError

log = logging.getLogger(__name__)

BATCH = 200


@wired
class CloseRatings:
    """A job: a rating that stayed alone is shown when the window closes. Each booking in its own transaction, so that
    one that fails stops no other.
    """

    begin: Begin[CarpoolUnit]
    queries: RatingQueries
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many ratings were shown."""
        shown = 0
        while overdue := await self.queries.overdue(now=self.clock.now(), limit=BATCH):
            shown_now = sum([await self._closed(booking_id) for booking_id in overdue])
            shown += shown_now
            if shown_now == 0:
                break
        return shown

    async def _closed(self, booking_id: UUID) -> int:
        try:
            return await self._close(booking_id)
        except Exception:
            log.exception("ratings not shown", extra={"booking_id": str(booking_id)})
            return 0

    async def _close(self, booking_id: UUID) -> int:
        async with self.begin() as unit:
            booking = await unit.bookings.get(booking_id)
            trip = await unit.trips.get(booking.trip_id)
            people = (trip.driver_id, booking.passenger_id)
            return len(await show_ratings(unit, booking_id, people, self.clock.now()))
