"""Tells staff what happened: a row for each reader, and a knock at his devices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.kernel.ports import Clock, Ids
from allonova.domain.dispatch.events import AdminTold, NotificationPosted
from allonova.domain.dispatch.notification import Notification, NotificationType


@dataclass(frozen=True, slots=True)
class NoticeDesk:
    """Writes notifications in the transaction of what they tell of; the outbox carries them to phones and mailboxes."""

    clock: Clock
    ids: Ids

    async def tell(
        self,
        unit: DispatchUnit,
        societe_id: UUID,
        readers: Iterable[UUID],
        kind: NotificationType,
        *,
        titre: str,
        description: str,
        data: Mapping[str, str | int],
    ) -> list[Notification]:
        """One for each reader. `data` names what it is about, by the names of the wire (`commandeId`)."""
        told = dict.fromkeys(readers, data)
        return await self.tell_each(unit, societe_id, told, kind, titre=titre, description=description)

    async def tell_each(
        self,
        unit: DispatchUnit,
        societe_id: UUID,
        told: Mapping[UUID, Mapping[str, str | int]],
        kind: NotificationType,
        *,
        titre: str,
        description: str,
    ) -> list[Notification]:
        """One for each reader, with data of his own."""
        now = self.clock.now()
        notifications = [
            Notification(
                id=self.ids.new(),
                societe_id=societe_id,
                user_id=user_id,
                type=kind,
                titre=titre,
                description=description,
                data=dict(data),
                created_at=now,
            )
            for user_id, data in told.items()
        ]
        await unit.notices.add_all(notifications)
        for notification in notifications:
            await unit.outbox.put(NotificationPosted(societe_id, notification.id))
        return notifications

    async def tell_admins(
        self,
        unit: DispatchUnit,
        societe_id: UUID,
        kind: NotificationType,
        *,
        titre: str,
        description: str,
        data: Mapping[str, str | int],
        but: UUID | None = None,
    ) -> None:
        """Every active admin, except him who did it; whoever has his screens open sees it at once."""
        admins = [admin.id for admin in await unit.staff.active_admins() if admin.id != but]
        told = await self.tell(unit, societe_id, admins, kind, titre=titre, description=description, data=data)
        for notification in told:
            await unit.outbox.put(AdminTold(societe_id, notification.id, notification.user_id))
