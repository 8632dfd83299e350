"""No driver came."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking, require_side, show_booking
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.ports import CarpoolQueries, CarpoolUnit, Search
from allonova.application.carpool.views import BookingView, DriverMissed
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.booking import Booking, TooEarly
from allonova.domain.carpool.events import RideQuestioned
from allonova.domain.carpool.rules import DEFAULT_RADIUS_KM
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.errors import DomainError, Forbidden, InvalidTransition, NotFound

LOOK_AHEAD = timedelta(hours=24)
ALTERNATIVES = 5


@wired
class ReportDriverNoShow:
    """The passenger's word, from a quarter of an hour after departure on, that no driver came.

    The booking ends, its money waits for the driver's word, and the passenger hears of the next trips on his way.
    """

    begin: Begin[CarpoolUnit]
    queries: CarpoolQueries
    endings: EndingDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, Forbidden, InvalidTransition, TooEarly)

    async def __call__(self, *, caller_id: UUID, booking_id: UUID) -> DriverMissed:
        """Only the passenger may."""
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            by = require_side(caller_id, trip, booking)
            booking.driver_no_show(by, self.endings.clock.now())
            trip.unsell(booking.ride, booking.seats)
            await self.endings.keep(unit, booking, by, RideQuestioned(booking.id), "booking.driver_no_show")
            await self.endings.close(unit, trip)
            view = await show_booking(unit, booking_id, caller_id)
        return await self._with_alternatives(view, trip, booking)

    async def _with_alternatives(self, view: BookingView, trip: Trip, booking: Booking) -> DriverMissed:
        now, points = self.endings.clock.now(), trip.waypoints()
        search = Search(
            start=points[booking.board].point,
            end=points[booking.alight].point,
            earliest=now,
            latest=now + LOOK_AHEAD,
            radius_m=DEFAULT_RADIUS_KM * 1000,
            seats=booking.seats,
            viewer_id=booking.passenger_id,
            page_size=ALTERNATIVES,
        )
        return DriverMissed(booking=view, alternatives=tuple((await self.queries.search(search)).items))
