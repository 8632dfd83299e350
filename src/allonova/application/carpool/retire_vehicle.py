"""The owner gives a vehicle up."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.change_vehicle import lock_own_vehicle, require_spare
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.vehicle import VehicleInUse
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound, PreconditionFailed
from allonova.domain.kernel.machine import Party


@wired
class RetireVehicle:
    """Give a vehicle up: gone for its owner, still named by the trips that it made, its plate free for the next one."""

    begin: Begin[CarpoolUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, VehicleInUse, PreconditionFailed)

    async def __call__(self, *, caller_id: UUID, vehicle_id: UUID, version: int | None) -> None:
        """Only its owner may, as long as no trip counts on it."""
        now = self.clock.now()
        async with self.begin() as unit:
            vehicle = await lock_own_vehicle(unit, vehicle_id, caller_id, version)
            await require_spare(unit, vehicle, 0, now)
            vehicle.retire(now)
            await unit.vehicles.save(vehicle)
            actor = Actor(Party.OWNER, caller_id)
            await unit.audit.put(actor=actor, action="vehicle.retired", entity="vehicle", entity_id=vehicle.id)
