"""Periods as people name them: `day`, `week`, `month`, `2026-03`, `2026-03-01..2026-03-15`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from allonova.domain.kernel.errors import FieldError, ValidationError

SHAPE = re.compile(r"day|week|month|\d{4}-\d{2}|\d{4}-\d{2}-\d{2}\.\.\d{4}-\d{2}-\d{2}", re.ASCII)
YEARS = range(2000, 2200)
CURRENT = {"day": 1, "week": 7, "month": 30}
LONGEST_DAYS = 366  # of a report or an export, docs/decisions/0080


def _period(text: str) -> str:
    refused = PydanticCustomError("period", "day, week, month, YYYY-MM or YYYY-MM-DD..YYYY-MM-DD")
    if SHAPE.fullmatch(text) is None:
        raise refused
    if text not in CURRENT:
        try:
            _days(text)
        except ValueError as error:
            raise refused from error
    return text


type Period = Annotated[str, AfterValidator(_period), Field(examples=["month"], max_length=30)]


def bounds(period: str, now: datetime) -> tuple[datetime, datetime]:
    """The instants `start ≤ t < end` of a Period: `day`, `week` and `month` are the current day in Abidjan (which keeps
    UTC all year) and the 6 or 29 before it.
    """
    if period in CURRENT:
        end = now.date() + timedelta(days=1)
        start = end - timedelta(days=CURRENT[period])
    else:
        start, end = _days(period)
    return datetime.combine(start, time(), UTC), datetime.combine(end, time(), UTC)


def report_bounds(period: str, now: datetime) -> tuple[datetime, datetime]:
    """The same, of at most a year. Raises ValidationError."""
    since, until = bounds(period, now)
    if (until - since).days > LONGEST_DAYS:
        raise ValidationError((FieldError("period", "too_long", f"at most {LONGEST_DAYS} days"),))
    return since, until


def _days(text: str) -> tuple[date, date]:
    """First day and the day after the last. Raises ValueError for days that no calendar has, or in wrong order."""
    first, _, last = text.partition("..")
    start = date.fromisoformat(first if last else f"{first}-01")
    if start.year not in YEARS:
        raise ValueError(text)
    if last:
        end = date.fromisoformat(last)
        if not (start <= end and end.year in YEARS):
            raise ValueError(text)
        return start, end + timedelta(days=1)
    return start, (start + timedelta(days=31)).replace(day=1)
