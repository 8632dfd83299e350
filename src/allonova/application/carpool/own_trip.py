"""A driver's own trip, to be changed."""

from __future__ import annotations

from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.publish_trip import show_trip
from allonova.application.kernel.versions import require_version
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.errors import NotFound


async def lock_own_trip(unit: CarpoolUnit, trip_id: UUID, driver_id: UUID, version: int | None = None) -> Trip:
    """The trip, locked; it does not exist for anybody but its driver.

    Raises:
        PreconditionFailed: it is not at `version`, the one that the caller read.
    """
    trip = await unit.trips.get(trip_id, lock=True)
    if trip.driver_id != driver_id:
        raise NotFound
    if version is not None:
        require_version(version, trip.version, await show_trip(unit, trip_id, driver_id))
    return trip
