"""Tells staff what happened: a row for each reader, and a knock at his devices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.kernel.ports import Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.events import AdminTold, NotificationPosted
from allonova.domain.dispatch.notification import Notification, NotificationType


@dataclass(frozen=True, slots=True)
class News:
    """What one reader is told. `data` names what it is about, by the names of the wire (`commandeId`)."""

    reader: UUID
    description: str
    data: Mapping[str, str | int]


@wired
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
        news = [News(user_id, description, data) for user_id, data in told.items()]
        return await self.tell_news(unit, societe_id, news, kind, titre=titre)

    async def tell_news(
        self, unit: DispatchUnit, societe_id: UUID, news: Iterable[News], kind: NotificationType, *, titre: str
    ) -> list[Notification]:
        """All of these, in as many round trips as one."""
        now = self.clock.now()
        notifications = [
            Notification(
                id=self.ids.new(),
                societe_id=societe_id,
                user_id=each.reader,
                type=kind,
                titre=titre,
                description=each.description,
                data=dict(each.data),
                created_at=now,
            )
            for each in news
        ]
        if not notifications:
            return []
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
        await self.tell_admins_each(unit, societe_id, kind, titre=titre, told=[(description, data)], but=but)

    async def tell_admins_each(
        self,
        unit: DispatchUnit,
        societe_id: UUID,
        kind: NotificationType,
        *,
        titre: str,
        told: Sequence[tuple[str, Mapping[str, str | int]]],
        but: UUID | None = None,
    ) -> None:
        """The same of several things, (description, data) each, in as many round trips as of one."""
        if not told:
            return
        admins = [admin.id for admin in await unit.staff.active_admins() if admin.id != but]
        news = [News(admin, description, data) for description, data in told for admin in admins]
        notifications = await self.tell_news(unit, societe_id, news, kind, titre=titre)
        for notification in notifications:
            await unit.outbox.put(AdminTold(societe_id, notification.id, notification.user_id))
