"""What is no longer worth telling when its message leaves at last."""

from __future__ import annotations

from uuid import UUID

from allonova.application.carpool.alert_queries import AlertQueries
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.carpool.trip import TripStatus
from allonova.domain.notifications.notice import Notice


@wired
class StillMatches:
    """Of a match: its reader would find the trip."""

    alerts: AlertQueries
    clock: Clock

    async def __call__(self, notice: Notice) -> bool:
        """Not when it is full or gone by now, nor when one of the two has blocked the other."""
        alert_id, trip_id = UUID(notice.data["alert_id"]), UUID(notice.data["trip_id"])
        return await self.alerts.news(alert_id, trip_id, now=self.clock.now()) is not None


@wired
class StillRides:
    """Of a passenger's reminder: his seats are his."""

    begin: Begin[CarpoolUnit]

    async def __call__(self, notice: Notice) -> bool:
        """Not when he, or the driver, gave them up in the night that held his SMS."""
        async with self.begin() as unit:
            booking = await unit.bookings.find(id=UUID(notice.data["booking_id"]))
        return booking is not None and booking.status is BookingStatus.PAID


@wired
class StillDrives:
    """Of a driver's reminder: the trip has not begun, and is not called off."""

    begin: Begin[CarpoolUnit]

    async def __call__(self, notice: Notice) -> bool:
        """Whether somebody waits for him."""
        async with self.begin() as unit:
            trip = await unit.trips.find(id=UUID(notice.data["trip_id"]))
        return trip is not None and trip.status is TripStatus.PUBLISHED
