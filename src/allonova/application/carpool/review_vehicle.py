"""Say what the back office found of a vehicle."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import VehicleView, vehicle_view
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.vehicle import Comfort
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound, PreconditionFailed


@wired
class ReviewVehicle:
    """Verify a vehicle, take that back, or correct how comfortable it is. Nothing is written when nothing changes."""

    begin: Begin[CarpoolUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, PreconditionFailed)

    async def __call__(
        self,
        *,
        by: Actor,
        vehicle_id: UUID,
        verified: bool | None,
        comfort_level: Comfort | None,
        reason: str,
        expected: int | None,
    ) -> VehicleView:
        """`reason` stands in the audit log; `expected` is the version of `If-Match`. Raises NotFound for a vehicle that
        its owner gave up.
        """
        async with self.begin() as unit:
            vehicle = await unit.vehicles.get(vehicle_id, lock=True)
            if vehicle.retired_at is not None:
                raise NotFound
            require_version(expected, vehicle.version, vehicle_view(vehicle))
            changed = vehicle.review(verified=verified, comfort_level=comfort_level, at=self.clock.now())
            if changed:
                await unit.vehicles.save(vehicle)
                meta = {"changed": ",".join(sorted(changed)), "reason": reason}
                await unit.audit.put(
                    actor=by, action="vehicle.reviewed", entity="vehicle", entity_id=vehicle.id, meta=meta
                )
        return vehicle_view(vehicle)
