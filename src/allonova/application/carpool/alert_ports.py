"""What is asked of the store of kept searches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.kernel.ports import Store
from allonova.domain.carpool.alert import Alert


@dataclass(frozen=True, slots=True)
class AlertMatch:
    """Somebody is to be told of a trip, by which of his alerts."""

    user_id: UUID
    alert_id: UUID


class AlertStore(Store[Alert], Protocol):
    """Searches that people keep."""

    async def count_live(self, user_id: UUID, *, now: datetime) -> int:
        """How many of somebody's still look."""

    async def remove(self, alert: Alert) -> None:
        """Forget it."""

    async def forget(self, user_id: UUID) -> None:
        """All of somebody who is erased."""

    async def remove_expired(self, *, now: datetime, limit: int) -> int:
        """Forget those that look no more, the oldest first; how many there were."""

    async def match(self, trip_id: UUID, *, now: datetime, limit: int) -> list[AlertMatch]:
        """Note who is to be told of a trip: whoever would find it now by a search he keeps and was never told of it.
        Nobody is noted twice, however many units ask at once. Ask until there is nobody.
        """
