"""Somebody of staff has read all there is."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.dispatch.desk_views import ReadCount
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError


@wired
class ReadAllNotifications:
    """Mark all of one's own messages as read."""

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    trail: Trail

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, by: Membre) -> ReadCount:
        """How many were not read before."""
        async with self.begin_for(by.societe_id) as unit:
            lues = await unit.notices.read_all(by.id, at=self.clock.now())
            if lues:
                reader, facts = await unit.staff.get(by.id), {"lues": lues}
                await self.trail.record(
                    unit, by, by.societe_id, "notification.lues", "user", before=reader, after=reader, facts=facts
                )
            return ReadCount(lues=lues)
