"""End what nobody ended: rides that are long over, passengers who did not come, questions without an answer."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.end_ride import complete_booking
from allonova.application.carpool.ports import CarpoolQueries, CarpoolUnit
from allonova.application.carpool.report_no_show import end_as_no_show
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.booking import Booking, BookingStage
from allonova.domain.carpool.events import BookingCancelled, RideQuestioned
from allonova.domain.carpool.location import NEAR_M, around
from allonova.domain.carpool.rules import COMPLETE_AFTER, EMPTY_TRIP_AFTER
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.kernel.changes import SYSTEM
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party

log = logging.getLogger(__name__)

BATCH = 200
ABOARD = (BookingStage.CHECKED_IN, BookingStage.STARTED)


@wired
class SettleRides:
    """A job. A ride that was checked in completes a day after its arrival. A passenger who never checked in loses his
    fee only if the driver did ride with somebody else or was seen at the pickup; where nothing shows whose fault it
    was, both are asked, and without the driver's word within a day the passenger gets everything back. A trip without
    passengers is over six hours after its arrival. What the sides argue about waits for the back office. Each in its
    own transaction, so that one that fails stops no other.
    """

    begin: Begin[CarpoolUnit]
    queries: CarpoolQueries
    endings: EndingDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many bookings and trips it moved."""
        moved = await self._through(self.queries.unsettled_rides, self._settle)
        return moved + await self._through(self.queries.empty_trips, self._close_empty)

    async def _through(
        self, find: Callable[..., Awaitable[list[UUID]]], settle: Callable[[UUID], Awaitable[bool]]
    ) -> int:
        moved = 0
        while found := await find(now=self.endings.clock.now(), limit=BATCH):
            moved_now = sum([await self._moved(settle, id) for id in found])
            moved += moved_now
            if moved_now == 0:
                break
        return moved

    async def _moved(self, settle: Callable[[UUID], Awaitable[bool]], id: UUID) -> bool:
        try:
            return await settle(id)
        except Exception:
            log.exception("ride not settled", extra={"id": str(id)})
            return False

    async def _settle(self, booking_id: UUID) -> bool:
        now, desk = self.endings.clock.now(), self.endings
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            stage = booking.stage
            if await unit.disputes.is_disputed(booking_id):
                return False
            if booking.is_unanswered(now) and (booking.is_frozen or stage is BookingStage.PAID):
                await self._give_back(unit, trip, booking, now)
            elif stage in ABOARD and now >= trip.arrival_eta + COMPLETE_AFTER:
                await complete_booking(unit, desk.ids, trip, booking, SYSTEM, now)
            elif stage is BookingStage.PAID and booking.asked_at is None and now >= booking.checkin_closes_at:
                await self._judge(unit, trip, booking, now)
            else:
                return False
        return True

    async def _judge(self, unit: CarpoolUnit, trip: Trip, booking: Booking, now: datetime) -> None:
        if await self._did_ride(unit, trip, booking):
            await end_as_no_show(unit, self.endings, trip, booking, SYSTEM)
            await self.endings.close(unit, trip)
        else:
            booking.ask(now)
            await self.endings.keep(unit, booking, SYSTEM, RideQuestioned(booking.id), "booking.questioned")

    async def _did_ride(self, unit: CarpoolUnit, trip: Trip, booking: Booking) -> bool:
        """Whether the driver took anybody along, or was seen where this passenger should have been."""
        if await unit.bookings.has_started(trip.id):
            return True
        pickup, window = trip.waypoints()[booking.board].point, around(booking.departure_time)
        return await unit.locations.was_near(trip.id, pickup, radius_m=NEAR_M, window=window)

    async def _give_back(self, unit: CarpoolUnit, trip: Trip, booking: Booking, now: datetime) -> None:
        if not booking.is_frozen:
            trip.unsell(booking.ride, booking.seats)
        booking.give_back(now)
        await self.endings.pay_back(unit, trip, booking, fee=0)
        await self.endings.keep(unit, booking, SYSTEM, BookingCancelled(booking.id), "booking.given_back")
        await self.endings.close(unit, trip)

    async def _close_empty(self, trip_id: UUID) -> bool:
        now = self.endings.clock.now()
        async with self.begin() as unit:
            trip = await unit.trips.get(trip_id, lock=True)
            is_over = trip.status is TripStatus.PUBLISHED and now >= trip.arrival_eta + EMPTY_TRIP_AFTER
            if not is_over or await unit.bookings.count_live(trip_id):
                return False
            trip.complete(Party.SYSTEM, now)
            await unit.trips.save_route(trip)
            await unit.audit.put(actor=SYSTEM, action="trip.completed", entity="trip", entity_id=trip.id)
        return True
