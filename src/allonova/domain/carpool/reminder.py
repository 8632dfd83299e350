"""Who is reminded of a ride, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

HOURS_BEFORE = (24, 2)  # allocar.txt, Notifications: reminders H-24 and H-2, the earlier one first


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """Somebody was reminded of his ride on a trip. Once for each number of hours, though the trip may be moved: by half
    an hour at most once a seat is sold, and he is told of that.
    """

    id: UUID
    trip_id: UUID
    user_id: UUID
    hours_before: int
    created_at: datetime


def hours_due(*, sold_at: datetime, departure_time: datetime, at: datetime) -> int | None:
    """Which reminder's hour has come; of several the last one, and none once the ride has left. Nobody needs one for
    seats that were sold within its hours: their buyer has just read when they leave.
    """
    left = departure_time - at
    if left <= timedelta(0):
        return None
    nearest = min((hours for hours in HOURS_BEFORE if left <= timedelta(hours=hours)), default=None)
    if nearest is None or sold_at > departure_time - timedelta(hours=nearest):
        return None
    return nearest
