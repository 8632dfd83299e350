"""What is asked of the reads of kept searches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.carpool.alert_views import AlertView
from allonova.application.carpool.ports import Contact
from allonova.application.kernel.listing import ListQuery, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNews:
    """What a message about a match says: the ride that is nearest to what was looked for. Francs per seat."""

    reader: Contact
    origin: str
    destination: str
    departure_time: datetime
    price: int


class AlertQueries(Protocol):
    """Reads of kept searches, one round trip each."""

    async def alerts(self, user_id: UUID, query: ListQuery, *, now: datetime) -> Page[AlertView]:
        """Somebody's that still look; fields: created_at."""

    async def news(self, alert_id: UUID, trip_id: UUID, *, now: datetime) -> AlertNews | None:
        """What there is to tell whoever keeps a search of a trip; None when it matches no more."""
