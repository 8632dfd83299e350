"""Who looks for what a trip offers."""

from __future__ import annotations

from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.events import AlertMatched, BookingEvent, TripPublished

BATCH = 500
"""People who are noted in one transaction: a trip between two large towns may be looked for by thousands."""


@wired
class AlertDesk:
    """Notes who is to be told of a trip, each person once, and has each told by an event of its own."""

    begin: Begin[CarpoolUnit]
    clock: Clock

    async def match(self, trip_id: UUID) -> None:
        """Whoever is cut short goes on where it stopped. Somebody else may note the same people at the same time: it is
        over when there is nobody left, not when there were few.
        """
        while await self._some(trip_id):
            pass

    async def _some(self, trip_id: UUID) -> bool:
        async with self.begin() as unit:
            matches = await unit.alerts.match(trip_id, now=self.clock.now(), limit=BATCH)
            for match in matches:
                await unit.outbox.put(AlertMatched(match.alert_id, trip_id))
        return bool(matches)


@wired
class MatchAlerts:
    """Hears TripPublished."""

    desk: AlertDesk

    async def __call__(self, event: TripPublished) -> None:
        """Whoever would find the trip now, and did not before."""
        await self.desk.match(event.trip_id)


@wired
class MatchFreedSeats:
    """Hears that a booking ended: its seats may be what somebody waits for."""

    begin: Begin[CarpoolUnit]
    desk: AlertDesk

    async def __call__(self, event: BookingEvent) -> None:
        """The trip may have been published with too few."""
        async with self.begin() as unit:
            booking = await unit.bookings.find(id=event.booking_id)
        if booking is not None:
            await self.desk.match(booking.trip_id)
