"""Forget a device."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound
from allonova.domain.kernel.machine import Party


@wired
class RemoveDevice:
    """Send no more push messages there. Somebody else's device does not exist."""

    begin: Begin[IdentityUnit]

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, caller_id: UUID, device_id: UUID) -> None:
        """Raises NotFound."""
        async with self.begin() as unit:
            device = await unit.devices.get(device_id, lock=True)
            if device.user_id != caller_id:
                raise NotFound
            await unit.devices.remove(device)
            actor = Actor(Party.OWNER, caller_id)
            await unit.audit.put(actor=actor, action="device.removed", entity="device", entity_id=device.id)
