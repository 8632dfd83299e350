"""Open a trip for search and booking."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import TripView
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.events import TripPublished
from allonova.domain.carpool.rules import Rules, RulesNow
from allonova.domain.carpool.trip import Trip, TripsOverlap, require_fair_price
from allonova.domain.carpool.women_only import WomenOnlyRefused, require_confirmed_woman
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, InvalidTransition, NotFound, ValidationError
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import PapersMissing, require_driver_papers


async def publish(unit: CarpoolUnit, trip: Trip, rules: Rules, now: datetime) -> None:
    """Check what publishing asks of driver and price, and open the trip; the caller keeps it."""
    await require_papers(unit, trip.driver_id, rules)
    await open_trip(unit, trip, rules, now)


async def require_papers(unit: CarpoolUnit, driver_id: UUID, rules: Rules) -> None:
    """Refuse a driver who may not publish. Raises PapersMissing."""
    if rules.require_kyc_for_driver:
        require_driver_papers(await unit.reads.approved_papers(driver_id))


async def require_woman(unit: CarpoolUnit, driver_id: UUID) -> None:
    """Refuse a driver who may not offer trips for women alone. Raises WomenOnlyRefused."""
    require_confirmed_woman(await unit.users.get(driver_id))


async def open_trip(unit: CarpoolUnit, trip: Trip, rules: Rules, now: datetime) -> None:
    """Open the trip of a driver who may; the caller keeps it."""
    require_fair_price(trip, rules.corridors)
    trip.publish(Party.DRIVER, now)
    actor = Actor(Party.DRIVER, trip.driver_id)
    await unit.audit.put(actor=actor, action="trip.published", entity="trip", entity_id=trip.id)
    await unit.outbox.put(TripPublished(trip.id))


async def show_trip(unit: CarpoolUnit, trip_id: UUID, viewer_id: UUID) -> TripView:
    """The trip as this unit leaves it."""
    view = await unit.reads.trip(trip_id, viewer_id=viewer_id)
    if view is None:
        raise NotFound
    return view


@wired
class PublishTrip:
    """Open a draft for search and booking."""

    begin: Begin[CarpoolUnit]
    clock: Clock
    rules: RulesNow

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        InvalidTransition,
        TripsOverlap,
        PapersMissing,
        WomenOnlyRefused,
        ValidationError,
    )

    async def __call__(self, *, caller_id: UUID, trip_id: UUID) -> TripView:
        """Only its driver may; it does not exist for anybody else."""
        async with self.begin() as unit:
            trip = await unit.trips.get(trip_id, lock=True)
            if trip.driver_id != caller_id:
                raise NotFound
            vehicle = await unit.vehicles.get(trip.vehicle_id, lock=True)
            vehicle.require_room(trip.seats_total)
            if trip.women_only:
                await require_woman(unit, caller_id)
            await publish(unit, trip, self.rules(), self.clock.now())
            await unit.trips.save_route(trip)
            return await show_trip(unit, trip_id, caller_id)
