"""Notifications on their readers' phones.

Each device is a delivery of its own: one that fails is tried again alone, and one that hangs holds up no other. A
repeated push takes the place of the first one on the screen, since both have the notification's id as their key.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.kernel.ports import BeginFor, Clock, Sealer
from allonova.application.kernel.wired import wired
from allonova.application.notifications.ports import DeadToken, PushSender, PushTarget, TargetKind
from allonova.domain.dispatch.device import StaffDevice, token_context
from allonova.domain.dispatch.events import NotificationPosted, PushAddressed
from allonova.domain.dispatch.notification import Notification, NotificationType

LASTS = timedelta(hours=1)
"""A phone that was off longer shows no old pushes; the list has them all (docs/decisions/0046)."""
NOTHING = timedelta(0)


async def _life(unit: DispatchUnit, notification: Notification, now: datetime) -> timedelta:
    """How long it is still worth a push: not once it was read, nor when there is nobody to read it, nor for an offer
    that is over.
    """
    reader = await unit.staff.find(id=notification.user_id)
    if notification.lu_at is not None or reader is None or not reader.active:
        return NOTHING
    life = notification.created_at + LASTS - now
    if notification.type is NotificationType.DEMANDE_RECUE:
        demande = await unit.demandes.find(id=UUID(str(notification.data["demandeId"])))
        is_open = demande is not None and demande.is_open(now)
        return min(life, demande.expire_at - now) if demande is not None and is_open else NOTHING
    return life


@wired
class PushNotification:
    """Hears NotificationPosted: addresses it to each device of its reader."""

    begin_for: BeginFor[DispatchUnit]
    clock: Clock

    async def __call__(self, event: NotificationPosted) -> None:
        """One delivery for each device there is now."""
        async with self.begin_for(event.societe_id) as unit:
            notification = await unit.notices.find(id=event.notification_id)
            if notification is None or await _life(unit, notification, self.clock.now()) <= NOTHING:
                return
            for device in await unit.staff_devices.of_user(notification.user_id):
                await unit.outbox.put(PushAddressed(event.societe_id, notification.id, device.id))


@wired
class PushToDevice:
    """Hears PushAddressed: sends it, and forgets a device that is no more."""

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    sealer: Sealer
    pushes: PushSender

    async def __call__(self, event: PushAddressed) -> None:
        """Nothing is sent to a device that has another owner by now."""
        async with self.begin_for(event.societe_id) as unit:
            notification = await unit.notices.find(id=event.notification_id)
            device = await unit.staff_devices.find(id=event.device_id)
            if notification is None or device is None or device.user_id != notification.user_id:
                return
            life = await _life(unit, notification, self.clock.now())
        if life <= NOTHING:
            return
        token = self.sealer.open(device.token, context=token_context(device.id))
        try:
            await self.pushes.send(
                to=PushTarget(TargetKind(device.kind), token),
                title=notification.titre,
                body=notification.description,
                data=_data(notification),
                key=str(notification.id),
                lasts=life,
            )
        except DeadToken:
            await self._forget(event.societe_id, device)

    async def _forget(self, societe_id: UUID, dead: StaffDevice) -> None:
        async with self.begin_for(societe_id) as unit:
            device = await unit.staff_devices.find(id=dead.id, token_hash=dead.token_hash, lock=True)
            if device is not None:
                await unit.staff_devices.remove(device)


def _data(notification: Notification) -> dict[str, str]:
    """What the app opens: the wire's names, and text alone."""
    about = {name: str(value) for name, value in notification.data.items()}
    return about | {"type": notification.type.value, "notificationId": str(notification.id)}
