"""When text messages let people sleep (docs/decisions/0071)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

ABIDJAN = ZoneInfo("Africa/Abidjan")
# Ours: no document of the service names hours (docs/decisions/0071).
NIGHT_BEGINS = time(21)
NIGHT_ENDS = time(7)
OF_USE = timedelta(hours=1)
"""What is over so soon after the night would come too late in the morning."""


def morning_after(at: datetime) -> datetime | None:
    """The end of the night in which an instant lies; None by day."""
    here = at.astimezone(ABIDJAN)
    if NIGHT_ENDS <= here.time() < NIGHT_BEGINS:
        return None
    day = here.date() if here.time() < NIGHT_ENDS else here.date() + timedelta(days=1)
    return datetime.combine(day, NIGHT_ENDS, ABIDJAN).astimezone(at.tzinfo)


def held_until(at: datetime, until: datetime | None) -> datetime | None:
    """When a text message may go that is ready now; None when at once: by day, and at night when its reader would know
    too late what is of use `until` then.
    """
    morning = morning_after(at)
    is_urgent = morning is not None and until is not None and until < morning + OF_USE
    return None if is_urgent else morning


def midnight_before(at: datetime) -> datetime:
    """When the day of an instant began, in Abidjan."""
    return datetime.combine(at.astimezone(ABIDJAN).date(), time(), ABIDJAN).astimezone(at.tzinfo)
