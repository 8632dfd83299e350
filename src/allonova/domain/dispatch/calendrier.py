"""Days, weeks and months as a company lives them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


class Period(StrEnum):
    """What a chauffeur looks back on."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Span:
    """The instants `debut ≤ t < fin`."""

    debut: datetime
    fin: datetime

    @property
    def length(self) -> timedelta:
        """How long it lasts, whatever clocks do meanwhile."""
        return self.fin - self.debut


@dataclass(frozen=True, slots=True)
class Jour:
    """A day there, and the instants that it has: 23 or 25 hours of them when the clock changes."""

    date: date
    span: Span


def local_day(at: datetime, fuseau: str) -> date:
    """Which day an instant falls on there."""
    return at.astimezone(ZoneInfo(fuseau)).date()


def midnight(day: date, fuseau: str) -> datetime:
    """The first instant of a day there, in UTC. Where a change of the clock skips midnight, the first that exists."""
    return datetime.combine(day, time(), ZoneInfo(fuseau)).astimezone(UTC)


def bounds(first: date, last: date, fuseau: str) -> tuple[datetime, datetime]:
    """The instants `start ≤ t < end` of whole days, the last one included: 23 or 25 hours when the clock changes."""
    return midnight(first, fuseau), midnight(last + timedelta(days=1), fuseau)


def jour(day: date, fuseau: str) -> Jour:
    """A day with its instants."""
    return Jour(day, Span(*bounds(day, day, fuseau)))


def hours(day: date, fuseau: str) -> list[tuple[int, datetime]]:
    """What the clock's hour hand shows on that day, each time with the instant from which on it does: 24 rows, 23 when
    an hour is skipped, 25 when one is shown twice.
    """
    zone, (at, end) = ZoneInfo(fuseau), bounds(day, day, fuseau)
    found = []
    while at < end:
        local = at.astimezone(zone)
        found.append((local.hour, at))
        at += timedelta(hours=1) - timedelta(minutes=local.minute, seconds=local.second)
    return found


def days(first: date, last: date) -> Iterator[date]:
    """Each day, the last one included."""
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def week_of(debut: date) -> list[date]:
    """The seven days from a Monday on."""
    return list(days(debut, debut + WEEK - DAY))


def first_of(period: Period, day: date) -> date:
    """The first day of the week, month or year in which a day lies."""
    match period:
        case Period.WEEK:
            return monday(day)
        case Period.MONTH:
            return day.replace(day=1)
        case Period.YEAR:
            return day.replace(month=1, day=1)


def before(period: Period, day: date) -> tuple[date, date]:
    """The first and the last day of the whole period before that of a day."""
    last = first_of(period, day) - DAY
    return first_of(period, last), last
