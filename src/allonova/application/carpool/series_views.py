"""What series of trips show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from allonova.application.carpool.views import TripView
from allonova.domain.carpool.series import TripSeries


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesView:
    """What a driver said of a series. Weekdays from 1 (Monday) to 7 (Sunday)."""

    id: UUID
    weekdays: tuple[int, ...]
    until: date
    exceptions: tuple[date, ...]
    has_return: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSeries:
    """A series with all its trips, in the order in which they leave."""

    series_id: UUID
    series: SeriesView
    trips: tuple[TripView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TripKept:
    """A trip that stays as it was, and the refusal's code."""

    trip_id: UUID
    departure_time: datetime
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesChanged:
    """What came of a change of all that follow."""

    series_id: UUID
    changed: tuple[TripView, ...]
    kept: tuple[TripKept, ...]


def series_view(series: TripSeries) -> SeriesView:
    """As its driver sees it."""
    return SeriesView(
        id=series.id,
        weekdays=tuple(series.weekdays),
        until=series.until,
        exceptions=tuple(series.exceptions),
        has_return=series.has_return,
        created_at=series.created_at,
    )
