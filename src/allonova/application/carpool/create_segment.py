"""Keep a group of people for the team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.user_views import SegmentView, segment_view
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.segment import SegmentNameTaken, UserSegment
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party


@wired
class CreateSegment:
    """A name for a list of users with its filters."""

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = (SegmentNameTaken,)

    async def __call__(
        self, *, admin_id: UUID, name: str, filters: Mapping[str, str | int | bool | float]
    ) -> SegmentView:
        """Raises SegmentNameTaken."""
        now = self.clock.now()
        segment = UserSegment(
            id=self.ids.new(), name=name, filters=dict(filters), created_by=admin_id, created_at=now, updated_at=now
        )
        async with self.begin() as unit:
            await unit.segments.add(segment)
            actor = Actor(Party.ADMIN, admin_id)
            await unit.audit.put(actor=actor, action="segment.created", entity="segment", entity_id=segment.id)
        return segment_view(segment)
