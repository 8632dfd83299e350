"""Register a vehicle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import VehicleView, vehicle_view
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.vehicle import Comfort, PlateTaken, Vehicle, normalise_plate
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleDraft:
    """What a driver says of a vehicle; `seats_total` counts his own seat."""

    make: str
    model: str
    color: str
    plate_number: str
    seats_total: int
    comfort_level: Comfort
    year: int | None = None


@wired
class AddVehicle:
    """Register a vehicle; the first one makes its owner a driver."""

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = (PlateTaken,)

    async def __call__(self, *, caller_id: UUID, draft: VehicleDraft) -> VehicleView:
        """Raises PlateTaken when any vehicle has the plate, however it is written."""
        now = self.clock.now()
        vehicle = Vehicle(
            id=self.ids.new(),
            user_id=caller_id,
            make=draft.make,
            model=draft.model,
            color=draft.color,
            plate_number=normalise_plate(draft.plate_number),
            seats_total=draft.seats_total,
            comfort_level=draft.comfort_level,
            year=draft.year,
            created_at=now,
            updated_at=now,
        )
        async with self.begin() as unit:
            owner = await unit.users.get(caller_id, lock=True)
            if not owner.is_driver:
                owner.become_driver(now)
                await unit.users.save(owner)
            await unit.vehicles.add(vehicle)
            actor = Actor(Party.OWNER, caller_id)
            await unit.audit.put(actor=actor, action="vehicle.added", entity="vehicle", entity_id=vehicle.id)
        return vehicle_view(vehicle)
