"""Keep a search, to be told of trips that match it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.alert_views import AlertView, alert_view
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.alert import Alert, TooManyAlerts, alert_end
from allonova.domain.carpool.rules import MAX_ALERTS
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, FieldError, ValidationError
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDraft:
    """What somebody looks for, see `Alert`. Metres; francs per seat."""

    start: Point
    start_text: str | None = None
    end: Point
    end_text: str | None = None
    radius_m: int
    days: Sequence[int] = ()
    time_from: time | None = None
    time_to: time | None = None
    seats: int = 1
    price_max: int | None = None


@wired
class SaveAlert:
    """Keep a search for 90 days. Trips that are there already are for the search itself to show."""

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, TooManyAlerts)

    async def __call__(self, *, caller_id: UUID, draft: AlertDraft) -> AlertView:
        """Raises TooManyAlerts beyond twenty that still look."""
        now = self.clock.now()
        alert = self._alert(caller_id, draft)
        async with self.begin() as unit:
            await unit.users.get(caller_id, lock=True)  # makes the count a limit
            if await unit.alerts.count_live(caller_id, now=now) >= MAX_ALERTS:
                raise TooManyAlerts(MAX_ALERTS)
            await unit.alerts.add(alert)
            actor = Actor(Party.OWNER, caller_id)
            await unit.audit.put(actor=actor, action="alert.saved", entity="alert", entity_id=alert.id)
        return alert_view(alert)

    def _alert(self, user_id: UUID, draft: AlertDraft) -> Alert:
        if draft.time_from is not None and draft.time_to is not None and draft.time_to < draft.time_from:
            raise ValidationError((FieldError("time_to", "not_rising", "must not be before time_from"),))
        now = self.clock.now()
        return Alert(
            id=self.ids.new(),
            user_id=user_id,
            origin_point=draft.start,
            origin_text=draft.start_text,
            destination_point=draft.end,
            destination_text=draft.end_text,
            radius_m=draft.radius_m,
            days=sorted(set(draft.days)),
            time_from=draft.time_from,
            time_to=draft.time_to,
            seats=draft.seats,
            price_max=draft.price_max,
            expires_at=alert_end(now),
            created_at=now,
            updated_at=now,
        )
