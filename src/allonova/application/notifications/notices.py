"""The one way to tell AlloCar's users something: it is kept for the app, and the channels hear of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.application.notifications.notice_ports import InboxUnit, NoticeUnit
from allonova.application.notifications.pushes import push_text
from allonova.application.notifications.templates import Template
from allonova.domain.notifications.events import NoticePosted
from allonova.domain.notifications.notice import Notice

NOTHING: Mapping[str, Any] = MappingProxyType({})
ANY_LANGUAGE = "fr"  # all name the same facts


@wired
class NoticeDesk:
    """Takes what there is to tell. Who tells it names it by an id of his own choice, by which a repeat is known."""

    begin: Begin[NoticeUnit]
    clock: Clock

    async def post(
        self,
        *,
        id: UUID,
        user_id: UUID,
        template: Template,
        facts: Mapping[str, str | int] = NOTHING,
        data: Mapping[str, str] = NOTHING,
        until: datetime | None = None,
    ) -> None:
        """Tell somebody. A second one with the same id does nothing, nor is anything kept of whoever was erased.

        Args:
            facts: what the template's words name.
            data: ids for the app.
            until: after it nothing is sent any more.
        """
        async with self.begin() as unit:
            reader = await unit.users.find(id=user_id, lock=True)  # else he could be erased before it is kept
            if reader is not None and reader.is_reachable:
                await self.put(unit, id=id, user_id=user_id, template=template, facts=facts, data=data, until=until)

    async def put(
        self,
        unit: InboxUnit,
        *,
        id: UUID,
        user_id: UUID,
        template: Template,
        facts: Mapping[str, str | int] = NOTHING,
        data: Mapping[str, str] = NOTHING,
        until: datetime | None = None,
    ) -> bool:
        """The same inside a unit that has its reader locked, or knows that he is there. False for a repeat.

        Raises:
            KeyError: a fact that the words name is missing. It is better missed here than in its reader's list.
        """
        push_text(template, ANY_LANGUAGE, **facts)
        notice = Notice(
            id=id,
            user_id=user_id,
            type=template.value,
            facts=dict(facts),
            data=dict(data),
            until=until,
            created_at=self.clock.now(),
        )
        is_new = await unit.inbox.post(notice)
        if is_new:
            await unit.outbox.put(NoticePosted(id))
        return is_new
