"""Remind people of their rides."""

from __future__ import annotations

import logging
from typing import ClassVar

from allonova.application.carpool.reminder_ports import DueReminder, ReminderQueries, ReminderUnit
from allonova.application.carpool.tell_sides import spelt_instant
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.application.notifications.notices import NoticeDesk
from allonova.application.notifications.templates import Template
from allonova.domain.carpool.reminder import Reminder
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party

log = logging.getLogger(__name__)

BATCH = 200


@wired
class RemindRiders:
    """A job: passengers whose seats are paid and drivers who sold some are reminded a day and two hours before they
    leave. Each in its own transaction, so that one that fails stops no other; what was missed is caught up as long as
    the ride has not left.
    """

    begin: Begin[ReminderUnit]
    queries: ReminderQueries
    desk: NoticeDesk
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many were reminded."""
        reminded = 0
        while due := await self.queries.due(now=self.clock.now(), limit=BATCH):
            reminded_now = sum([await self._reminded(one) for one in due])
            reminded += reminded_now
            if reminded_now == 0:
                break
        return reminded

    async def _reminded(self, due: DueReminder) -> bool:
        try:
            return await self._remind(due)
        except Exception:
            log.exception("not reminded", extra={"trip_id": str(due.trip_id), "user_id": str(due.user_id)})
            return False

    async def _remind(self, due: DueReminder) -> bool:
        is_driver = due.side is Party.DRIVER
        reminder = Reminder(
            id=self.ids.new(),
            trip_id=due.trip_id,
            user_id=due.user_id,
            hours_before=due.hours_before,
            created_at=self.clock.now(),
        )
        async with self.begin() as unit:
            return await unit.reminders.note(reminder) and await self.desk.put(
                unit,
                id=reminder.id,
                user_id=due.user_id,
                template=Template.RIDE_REMINDER_DRIVER if is_driver else Template.RIDE_REMINDER_PASSENGER,
                facts=_facts(due),
                data=_data(due),
                until=due.departure_time,
            )


def _facts(due: DueReminder) -> dict[str, str | int]:
    return {
        "route": f"{due.origin} - {due.destination}",
        "when": spelt_instant(due.departure_time),
        "seats": due.seats,
    }


def _data(due: DueReminder) -> dict[str, str]:
    ids = {"trip_id": str(due.trip_id), "hours_before": str(due.hours_before)}
    return ids if due.booking_id is None else ids | {"booking_id": str(due.booking_id)}
