"""What is asked of the reads and the store of reminders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.notifications.notice_ports import InboxUnit
from allonova.domain.carpool.reminder import Reminder
from allonova.domain.kernel.machine import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReminder:
    """Who is to be reminded of which ride: of a passenger it is his booking's, of a driver his trip's, with the seats
    that are paid.
    """

    side: Party
    user_id: UUID
    trip_id: UUID
    booking_id: UUID | None
    hours_before: int
    origin: str
    destination: str
    departure_time: datetime
    seats: int


class ReminderStore(Protocol):
    """Reminders."""

    async def note(self, reminder: Reminder) -> bool:
        """Keep it. False when he was reminded of this already."""


class ReminderUnit(InboxUnit, Protocol):
    """A transaction over reminders and what they say."""

    @property
    def reminders(self) -> ReminderStore: ...


class ReminderQueries(Protocol):
    """Reads of rides to come."""

    async def due(self, *, now: datetime, limit: int) -> list[DueReminder]:
        """Whose hour has come and who was not reminded, the ride that leaves first at the front. Where the hour of two
        has come, the later one stands for both.
        """
