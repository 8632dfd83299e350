"""Forget a phone of staff."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class RemoveStaffDevice:
    """Send no more push messages there. A colleague's device does not exist."""

    begin_for: BeginFor[DispatchUnit]
    trail: Trail

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, by: Membre, device_id: UUID) -> None:
        """Raises NotFound."""
        async with self.begin_for(by.societe_id) as unit:
            device = await unit.staff_devices.get(device_id, lock=True)
            if device.user_id != by.id:
                raise NotFound
            await unit.staff_devices.remove(device)
            await self.trail.record(unit, by, by.societe_id, "device.retire", "device", before=device)
