"""Somebody has read what he was told."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.application.notifications.notice_ports import NoticeUnit
from allonova.application.notifications.notice_views import NoticeView, ReadNotices, notice_view
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class ReadNotice:
    """Mark one of one's own as read; a second time changes nothing."""

    begin: Begin[NoticeUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, caller_id: UUID, notice_id: UUID) -> NoticeView:
        """Somebody else's does not exist."""
        async with self.begin() as unit:
            notice = await unit.inbox.find(id=notice_id, user_id=caller_id, lock=True)
            if notice is None:
                raise NotFound
            if notice.read(self.clock.now()):
                await unit.inbox.save(notice)
            reader = await unit.users.get(caller_id)
        return notice_view(notice, reader.language)


@wired
class ReadAllNotices:
    """Mark all of one's own as read."""

    begin: Begin[NoticeUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, caller_id: UUID) -> ReadNotices:
        """How many were not before."""
        async with self.begin() as unit:
            return ReadNotices(read=await unit.inbox.read_all(caller_id, at=self.clock.now()))
