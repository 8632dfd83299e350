"""Push messages to the devices of AlloCar's users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin, Sealer
from allonova.application.kernel.wired import wired
from allonova.application.notifications.ports import DeadToken, PushSender, PushTarget, TargetKind
from allonova.application.notifications.pushes import PushText
from allonova.domain.identity.device import Device, token_context
from allonova.domain.kernel.events import Event

NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What a device is to show. A second one with the same `key` takes the place of the first; one that does not arrive
    while it `lasts` is dropped. `data` is for the app.
    """

    text: PushText
    data: Mapping[str, str]
    key: str
    lasts: timedelta


@wired
class PushDesk:
    """Sends to one device at a time: whoever has something to say makes a delivery for each, so that one that fails is
    tried again alone.
    """

    begin: Begin[IdentityUnit]
    sealer: Sealer
    pushes: PushSender

    async def send(self, push: Push, *, user_id: UUID, device_id: UUID, otherwise: Event | None = None) -> None:
        """Nothing is sent to a device that has another owner by now, nor what is over. A device that is gone is
        forgotten.

        Args:
            otherwise: left for the relay when the last of his devices was forgotten.
        """
        async with self.begin() as unit:
            device = await unit.devices.find(id=device_id, user_id=user_id)
        if device is None or push.lasts <= NOTHING:
            return
        token = self.sealer.open(device.token, context=token_context(device.id))
        try:
            await self.pushes.send(
                to=PushTarget(TargetKind(device.kind), token),
                title=push.text.title,
                body=push.text.body,
                data=push.data,
                key=push.key,
                lasts=push.lasts,
            )
        except DeadToken:
            await self._forget(device, otherwise)

    async def _forget(self, dead: Device, otherwise: Event | None) -> None:
        async with self.begin() as unit:
            await unit.users.get(dead.user_id, lock=True)  # two that are gone at once are counted one after the other
            device = await unit.devices.find(id=dead.id, token_hash=dead.token_hash, lock=True)
            if device is None:
                return
            await unit.devices.remove(device)
            if otherwise is not None and not await unit.devices.of_user(dead.user_id):
                await unit.outbox.put(otherwise)
