"""The back office calls a trip off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.oversight_queries import OversightQueries
from allonova.application.carpool.oversight_views import DeskTripDetail
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.events import TripStopped
from allonova.domain.carpool.trip import StopCategory, Trip
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, InvalidTransition, NotFound, PreconditionFailed

TRIP_STOPPED = "trip_stopped"  # why its bookings ended, to passengers and driver


@dataclass(frozen=True, slots=True, kw_only=True)
class StopWish:
    """Why: the category is for the driver, the reason for the back office. `penalty`: he is fined as if he had called
    it off himself.
    """

    category: StopCategory
    reason: str
    penalty: bool = False


@wired
class StopTrip:
    """Call off a trip that has not begun: who has paid gets all of it back, and the driver hears of it."""

    begin: Begin[CarpoolUnit]
    queries: OversightQueries
    endings: EndingDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, InvalidTransition, PreconditionFailed)

    async def __call__(self, *, by: Actor, trip_id: UUID, wish: StopWish, version: int | None) -> DeskTripDetail:
        """`version` is the one that the caller read, if he says so. The caller's right is the route's to check.

        Raises:
            InvalidTransition: it is under way or over, or somebody is checked in.
        """
        async with self.begin() as unit:
            trip = await unit.trips.get(trip_id, lock=True)
            found = trip.version
            if version in (None, found):
                await self._stop(unit, trip, wish, by)
        shown = await self._shown(trip_id)
        require_version(version, found, shown)
        return shown

    async def _stop(self, unit: CarpoolUnit, trip: Trip, wish: StopWish, by: Actor) -> None:
        trip.stop(wish.category, wish.reason, self.endings.clock.now())
        paid = await self.endings.end_bookings_of_trip(unit, trip, by=by, reason=TRIP_STOPPED)
        fine = 0
        if paid and wish.penalty:
            fine = await self.endings.fine_driver(
                unit, trip, departure=trip.departure_time, ref_type="trip", ref_id=trip.id
            )
        await unit.trips.save_route(trip)
        meta: dict[str, str | int] = {"category": wish.category.value, "paid_bookings": paid, "penalty": fine}
        await unit.audit.put(actor=by, action="trip.stopped", entity="trip", entity_id=trip.id, meta=meta)
        await unit.outbox.put(TripStopped(trip.id))

    async def _shown(self, trip_id: UUID) -> DeskTripDetail:
        trip = await self.queries.trip(trip_id)
        if trip is None:
            raise NotFound
        return trip
