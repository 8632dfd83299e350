"""Trips that come back: the same way on some days of the week, until a day, out and if one likes home again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from allonova.domain.carpool.rules import MAX_AHEAD
from allonova.domain.carpool.trip import StopDraft, Trip
from allonova.domain.kernel.errors import Conflict, FieldError, ValidationError
from allonova.domain.kernel.money import share_of

DAY = timedelta(days=1)


@dataclass(eq=False)
class SeriesOverlaps(Conflict):
    """On these days the driver would be in two places at a time: on trips of the series, or on others of his."""

    dates: tuple[str, ...]


@dataclass(eq=False)
class NothingFollows(Conflict):
    """No trip of the series is still to come."""


@dataclass(slots=True, kw_only=True)
class TripSeries:
    """What a driver said of a whole series; its trips stand for themselves from then on.

    Weekdays count from 1 (Monday) to 7 (Sunday); days are Abidjan's, which keeps UTC all year.
    """

    id: UUID
    driver_id: UUID
    weekdays: list[int]
    until: date
    exceptions: list[date] = field(default_factory=list)
    has_return: bool = False
    version: int = 1
    created_at: datetime
    updated_at: datetime


def days_of(first: date, *, weekdays: Collection[int], until: date, exceptions: Collection[date]) -> list[date]:
    """The days on which it leaves, from the first on.

    Raises:
        ValidationError: there is none, or `until` lies further ahead than any trip may.
    """
    if until - first > MAX_AHEAD:
        raise ValidationError((FieldError("until", "out_of_range", "at most 180 days after the first trip"),))
    span = (first + DAY * ahead for ahead in range((until - first).days + 1))
    days = [day for day in span if day.isoweekday() in weekdays and day not in exceptions]
    if not days:
        raise ValidationError((FieldError("until", "no_day", "no such day before it"),))
    return days


def reversed_stops(stops: Sequence[StopDraft], *, price: int, price_back: int) -> list[StopDraft]:
    """The same stops on the way home: what somebody paid to the end of the way he now pays from its beginning, in
    the measure of the price home. Times are the road's.
    """
    last = len(stops) + 1
    return [
        replace(
            stop,
            order=last - stop.order,
            eta=None,
            price_from_origin=None
            if stop.price_from_origin is None
            else share_of(price_back, price - stop.price_from_origin, price),
        )
        for stop in sorted(stops, key=lambda stop: -stop.order)
    ]


def require_apart(trips: Sequence[Trip], taken: Sequence[Trip]) -> None:
    """Refuse trips of which two, or one and another of the driver's, would be under way at a time.

    Raises:
        SeriesOverlaps: the days on which the later of two leaves.
    """
    made = {trip.id for trip in trips}
    both = sorted([*trips, *taken], key=lambda trip: trip.departure_time)
    clashes: set[date] = set()
    latest: Trip | None = None
    for trip in both:
        if latest is not None and trip.departure_time < latest.arrival_eta and {trip.id, latest.id} & made:
            clashes.add(trip.departure_time.date())
        if latest is None or trip.arrival_eta > latest.arrival_eta:
            latest = trip
    if clashes:
        raise SeriesOverlaps(tuple(day.isoformat() for day in sorted(clashes)))
