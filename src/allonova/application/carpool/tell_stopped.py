"""The word to a driver whose trip the back office called off."""

from __future__ import annotations

from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.tell_sides import spelt_instant
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.notifications.notices import NoticeDesk
from allonova.application.notifications.templates import Template
from allonova.domain.carpool.events import TripStopped
from allonova.domain.carpool.trip import StopCategory


@wired
class TellStopped:
    """Hears that a trip was stopped; its passengers hear of their bookings."""

    begin: Begin[CarpoolUnit]
    desk: NoticeDesk

    async def __call__(self, event: TripStopped, id: UUID) -> None:
        """He reads the category, never what was noted."""
        async with self.begin() as unit:
            trip = await unit.trips.find(id=event.trip_id)
        if trip is None:  # nobody had booked it, and its driver has taken it back since
            return
        await self.desk.post(
            id=id,
            user_id=trip.driver_id,
            template=Template.TRIP_STOPPED,
            facts={
                "route": f"{trip.origin_text} - {trip.destination_text}",
                "when": spelt_instant(trip.departure_time),
                "reason": (trip.stopped_for or StopCategory.OTHER).value,
            },
            data={"trip_id": str(trip.id)},
        )
