"""Days, weeks and months as a company lives them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def local_day(at: datetime, fuseau: str) -> date:
    """Which day an instant falls on there."""
    return at.astimezone(ZoneInfo(fuseau)).date()


def midnight(day: date, fuseau: str) -> datetime:
    """The first instant of a day there, in UTC. Where a change of the clock skips midnight, the first that exists."""
    return datetime.combine(day, time(), ZoneInfo(fuseau)).astimezone(UTC)


def bounds(first: date, last: date, fuseau: str) -> tuple[datetime, datetime]:
    """The instants `start ≤ t < end` of whole days, the last one included: 23 or 25 hours when the clock changes."""
    return midnight(first, fuseau), midnight(last + timedelta(days=1), fuseau)


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())
