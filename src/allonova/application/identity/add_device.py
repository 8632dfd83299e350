"""Register a device for push messages."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.codes import token_hash
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.views import DeviceView, device_view
from allonova.application.kernel.ports import Begin, Clock, Ids, Sealer
from allonova.application.kernel.wired import wired
from allonova.domain.identity.device import Device, DeviceKind, PushPlatform, token_context
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AlreadyExists, DomainError
from allonova.domain.kernel.machine import Party


@wired
class AddDevice:
    """Keep a device's token, sealed. A token that is known is the same device, and belongs to whoever came last."""

    begin: Begin[IdentityUnit]
    clock: Clock
    ids: Ids
    sealer: Sealer

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(
        self, *, caller_id: UUID, token: str, platform: PushPlatform, kind: DeviceKind = DeviceKind.TOKEN
    ) -> DeviceView:
        """`token` as the push service of `platform` gave it to the app."""
        given = self._device(caller_id, token, platform, kind)
        try:
            return await self._keep(caller_id, given)
        except AlreadyExists:  # the same token came at the same moment: now it is known
            return await self._keep(caller_id, given)

    async def _keep(self, caller_id: UUID, given: Device) -> DeviceView:
        async with self.begin() as unit:
            device = await unit.devices.find(token_hash=given.token_hash, lock=True)
            if device is None:
                device = given
                await unit.devices.add(device)
                await self._audit(unit, device, "device.added")
            elif device.user_id != caller_id:
                device.move_to(caller_id, given.updated_at)
                await unit.devices.save(device)
                await self._audit(unit, device, "device.moved")
        return device_view(device)

    def _device(self, caller_id: UUID, token: str, platform: PushPlatform, kind: DeviceKind) -> Device:
        now, id = self.clock.now(), self.ids.new()
        return Device(
            id=id,
            user_id=caller_id,
            platform=platform,
            kind=kind,
            token=self.sealer.seal(token, context=token_context(id)),
            token_hash=token_hash(f"{platform}:{token}" if kind is DeviceKind.TOKEN else f"{kind}:{platform}:{token}"),
            created_at=now,
            updated_at=now,
        )

    async def _audit(self, unit: IdentityUnit, device: Device, action: str) -> None:
        actor = Actor(Party.OWNER, device.user_id)
        await unit.audit.put(actor=actor, action=action, entity="device", entity_id=device.id)
