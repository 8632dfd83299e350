"""Change a group of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.user_views import SegmentView, segment_view
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.segment import SegmentNameTaken
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound, PreconditionFailed
from allonova.domain.kernel.machine import Party


@wired
class ChangeSegment:
    """Another name, or other filters in the place of all that there were."""

    begin: Begin[CarpoolUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, SegmentNameTaken, PreconditionFailed)

    async def __call__(
        self,
        *,
        admin_id: UUID,
        segment_id: UUID,
        name: str | None,
        filters: Mapping[str, str | int | bool | float] | None,
        expected: int | None,
    ) -> SegmentView:
        """None leaves a thing as it is; `expected` is the version that was read, if that was said."""
        async with self.begin() as unit:
            segment = await unit.segments.get(segment_id, lock=True)
            require_version(expected, segment.version, segment_view(segment))
            changed = segment.change(name=name, filters=filters, at=self.clock.now())
            if changed:
                await unit.segments.save(segment)
                actor, meta = Actor(Party.ADMIN, admin_id), {"fields": ",".join(sorted(changed))}
                await unit.audit.put(
                    actor=actor, action="segment.changed", entity="segment", entity_id=segment_id, meta=meta
                )
        return segment_view(segment)
