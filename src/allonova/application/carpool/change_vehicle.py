"""The owner says something else of a vehicle."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import VehicleView, vehicle_view
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.vehicle import PlateTaken, Vehicle, VehicleChange, VehicleInUse
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound, PreconditionFailed
from allonova.domain.kernel.machine import Party


async def lock_own_vehicle(unit: CarpoolUnit, vehicle_id: UUID, owner_id: UUID, version: int | None) -> Vehicle:
    """The vehicle, locked; it does not exist for anybody but its owner, nor for him once it is retired.

    Raises:
        PreconditionFailed: it is not at `version`, the one that the caller read.
    """
    vehicle = await unit.vehicles.find(lock=True, id=vehicle_id, user_id=owner_id)
    if vehicle is None or vehicle.retired_at is not None:
        raise NotFound
    require_version(version, vehicle.version, vehicle_view(vehicle))
    return vehicle


async def require_spare(unit: CarpoolUnit, vehicle: Vehicle, seats: int, now: datetime) -> None:
    """Refuse to leave passengers fewer seats than a trip of the locked vehicle promises them. Whoever publishes one
    locks the vehicle as well.
    """
    offered = await unit.trips.seats_offered(vehicle.id, now=now)
    if offered > seats:
        raise VehicleInUse(offered)


@wired
class ChangeVehicle:
    """Change a vehicle. What stands in its registration was verified: another value is not."""

    begin: Begin[CarpoolUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, PlateTaken, VehicleInUse, PreconditionFailed)

    async def __call__(
        self, *, caller_id: UUID, vehicle_id: UUID, change: VehicleChange, version: int | None
    ) -> VehicleView:
        """Only its owner may; `version` is the one that he read, if he says so."""
        now = self.clock.now()
        async with self.begin() as unit:
            vehicle = await lock_own_vehicle(unit, vehicle_id, caller_id, version)
            changed = vehicle.change(change, now)
            if "seats_total" in changed:
                await require_spare(unit, vehicle, vehicle.seats_total - 1, now)
            if changed:
                await unit.vehicles.save(vehicle)
                actor, meta = Actor(Party.OWNER, caller_id), {"changed": ",".join(sorted(changed))}
                await unit.audit.put(
                    actor=actor, action="vehicle.changed", entity="vehicle", entity_id=vehicle.id, meta=meta
                )
            return vehicle_view(vehicle)
