"""Where drivers are while they are followed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from allonova.domain.carpool.rules import CHECKIN_CLOSES, COMPLETE_AFTER
from allonova.domain.kernel.geo import Point

LOCATIONS_KEPT: Final = timedelta(days=7)  # realtime.md
LOCATE_OPENS: Final = timedelta(hours=24)  # before departure (docs/decisions/0058)
FRESH: Final = timedelta(minutes=2)  # an older position says nothing of now
NEAR_M: Final = 1_000  # allocar.md, Bookings: no-show
AROUND: Final = timedelta(minutes=30)  # before and after a departure
STRIDE_M: Final = 25.0  # a car that stands seems to move by less


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """Where a driver was at an instant; `heading` in degrees from north, `speed` in metres a second."""

    driver_id: UUID
    point: Point
    heading: float | None = None
    speed: float | None = None
    at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Whether he may still be there."""
        return now - self.at <= FRESH


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverLocation:
    """A position that is kept; units as in Fix."""

    id: UUID
    trip_id: UUID
    driver_id: UUID
    point: Point
    heading: float | None = None
    speed: float | None = None
    created_at: datetime

    @property
    def fix(self) -> Fix:
        """What it says."""
        return Fix(
            driver_id=self.driver_id, point=self.point, heading=self.heading, speed=self.speed, at=self.created_at
        )


@dataclass(frozen=True, slots=True)
class Window:
    """From one instant to another, both included."""

    since: datetime
    until: datetime


def driving_window(departure: datetime, arrival: datetime) -> Window:
    """When a trip's driver may be followed."""
    return Window(departure - LOCATE_OPENS, arrival + COMPLETE_AFTER)


def around(departure: datetime) -> Window:
    """When a driver who came was near the pickup."""
    return Window(departure - AROUND, departure + AROUND)


def ride_window(
    departure: datetime, arrival: datetime, *, checked_in_at: datetime | None, ended_at: datetime | None
) -> Window:
    """What of a driver's way concerns a passenger: from shortly before the departure, or his check-in, to the end."""
    since = departure - AROUND
    return Window(since if checked_in_at is None else min(since, checked_in_at), ended_at or arrival + CHECKIN_CLOSES)


def driven_m(locations: Sequence[DriverLocation]) -> int:
    """Metres along positions in the order of time; small steps add up until they are a stride."""
    return round(sum(_strides(locations)))


def _strides(locations: Sequence[DriverLocation]) -> Iterator[float]:
    if not locations:
        return
    here = locations[0].point
    for location in locations[1:]:
        stride = here.distance_m(location.point)
        if stride >= STRIDE_M:
            yield stride
            here = location.point
