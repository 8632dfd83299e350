"""Register a phone of staff for push messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from allonova.application.dispatch.fleet_views import StaffDeviceView, staff_device_view
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.identity.codes import token_hash
from allonova.application.kernel.ports import BeginFor, Clock, Ids, Sealer
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.device import StaffDevice, TokenKind, token_context
from allonova.domain.dispatch.staff import Membre
from allonova.domain.identity.device import PushPlatform
from allonova.domain.kernel.errors import AlreadyExists, DomainError


@dataclass(frozen=True, slots=True)
class GivenDevice:
    """What the push service gave to the app."""

    platform: PushPlatform
    kind: TokenKind
    token: str

    @property
    def token_hash(self) -> str:
        """What finds it again."""
        return token_hash(f"{self.kind}:{self.token}")


@dataclass(frozen=True, slots=True)
class AddedDevice:
    """The device, and whether it was not the caller's before."""

    view: StaffDeviceView
    is_new: bool


@wired
class AddStaffDevice:
    """Keep a phone's token, sealed. One token is one device, and whoever came last has it: a colleague's or another
    company's device of that token is forgotten.
    """

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    ids: Ids
    sealer: Sealer
    trail: Trail

    errors: ClassVar[tuple[type[DomainError], ...]] = (AlreadyExists,)

    async def __call__(self, *, by: Membre, given: GivenDevice) -> AddedDevice:
        """The same token again is the same device."""
        try:
            return await self._keep(by, given)
        except AlreadyExists:  # the same token came at the same moment: now it is known
            return await self._keep(by, given)

    async def _keep(self, by: Membre, given: GivenDevice) -> AddedDevice:
        async with self.begin_for(by.societe_id) as unit:
            device = await unit.staff_devices.find(lock=True, token_hash=given.token_hash, user_id=by.id)
            if device is None:
                await unit.staff_devices.give_up(given.token_hash)
                device = self._device(by, given)
                await unit.staff_devices.add(device)
                await self.trail.record(unit, by, by.societe_id, "device.ajoute", "device", after=device)
                return AddedDevice(staff_device_view(device), is_new=True)
            if device.platform is not given.platform:
                device.platform, device.updated_at = given.platform, self.clock.now()
                await unit.staff_devices.save(device)
            return AddedDevice(staff_device_view(device), is_new=False)

    def _device(self, by: Membre, given: GivenDevice) -> StaffDevice:
        now, id = self.clock.now(), self.ids.new()
        return StaffDevice(
            id=id,
            societe_id=by.societe_id,
            user_id=by.id,
            platform=given.platform,
            kind=given.kind,
            token=self.sealer.seal(given.token, context=token_context(id)),
            token_hash=given.token_hash,
            created_at=now,
            updated_at=now,
        )
