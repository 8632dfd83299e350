"""Look no more."""

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
class RemoveAlert:
    """Forget one of one's own kept searches. Somebody else's does not exist."""

    begin: Begin[CarpoolUnit]

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, caller_id: UUID, alert_id: UUID) -> None:
        """Raises NotFound."""
        async with self.begin() as unit:
            alert = await unit.alerts.get(alert_id, lock=True)
            if alert.user_id != caller_id:
                raise NotFound
            await unit.alerts.remove(alert)
            actor = Actor(Party.OWNER, caller_id)
            await unit.audit.put(actor=actor, action="alert.removed", entity="alert", entity_id=alert.id)
