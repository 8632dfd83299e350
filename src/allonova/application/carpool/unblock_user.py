"""Make peace."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit, SearchCache
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party


@wired
class UnblockUser:
    """Take one's own block back; the other's stays. Of somebody who was not blocked it takes nothing."""

    begin: Begin[CarpoolUnit]
    searches: SearchCache

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, caller_id: UUID, user_id: UUID) -> None:
        """Again, it changes nothing."""
        async with self.begin() as unit:
            if await unit.blocks.remove(caller_id, user_id):
                actor = Actor(Party.OWNER, caller_id)
                await unit.audit.put(actor=actor, action="user.unblocked", entity="user", entity_id=user_id)
        await self.searches.forget(caller_id, user_id)
