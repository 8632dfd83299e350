"""A driver who gives up at the last moment what was paid is found after others for a while."""

from __future__ import annotations

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.events import BookingEvent
from allonova.domain.carpool.reliability import DEMOTION, is_broken_late


@wired
class DemoteDriver:
    """Hears that a booking was cancelled. In a unit of its own: there the driver's row can be locked without holding
    his trip, which whoever books one does the other way round.
    """

    begin: Begin[CarpoolUnit]

    async def __call__(self, event: BookingEvent) -> None:
        """Twice is once: it follows from when the booking ended."""
        async with self.begin() as unit:
            booking = await unit.bookings.get(event.booking_id)
            if not is_broken_late(booking, booking.updated_at):
                return
            trip = await unit.trips.get(booking.trip_id)
            driver = await unit.users.get(trip.driver_id, lock=True)
            if driver.demote(booking.updated_at + DEMOTION):
                await unit.users.save(driver)
