"""Somebody of staff has read a message."""

from __future__ import annotations

import dataclasses
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.desk_views import NotificationView, notification_view
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class ReadNotification:
    """Mark one of one's own messages as read; a second time changes nothing."""

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    trail: Trail

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, by: Membre, notification_id: UUID) -> NotificationView:
        """A colleague's does not exist."""
        async with self.begin_for(by.societe_id) as unit:
            notification = await unit.notices.find(id=notification_id, user_id=by.id, lock=True)
            if notification is None:
                raise NotFound
            if notification.lu_at is None:
                before = dataclasses.replace(notification)
                notification.lu_at = self.clock.now()
                await unit.notices.save(notification)
                await self.trail.record(
                    unit, by, by.societe_id, "notification.lue", "notification", before=before, after=notification
                )
            return notification_view(notification)
