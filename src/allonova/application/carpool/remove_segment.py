"""Forget a group of people."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound
from allonova.domain.kernel.machine import Party


@wired
class RemoveSegment:
    """The list goes, nobody of it does."""

    begin: Begin[CarpoolUnit]

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, admin_id: UUID, segment_id: UUID) -> None:
        """Raises NotFound."""
        async with self.begin() as unit:
            segment = await unit.segments.get(segment_id, lock=True)
            await unit.segments.remove(segment)
            actor = Actor(Party.ADMIN, admin_id)
            await unit.audit.put(actor=actor, action="segment.removed", entity="segment", entity_id=segment_id)
