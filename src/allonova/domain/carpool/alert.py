"""A search that somebody keeps: he is told of trips that match it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from uuid import UUID

from allonova.domain.carpool.rules import ALERT_TTL
from allonova.domain.carpool.trip import Leg
from allonova.domain.kernel.errors import Conflict
from allonova.domain.kernel.geo import Point


@dataclass(eq=False)
class TooManyAlerts(Conflict):
    """Somebody keeps as many searches as one may."""

    limit: int


@dataclass(slots=True, kw_only=True)
class Alert:
    """Rides from near one point to near another, on some days of the week, between two times of the day.

    Days count from 1 (Monday) to 7 (Sunday), none stands for all; days and times are those of the pickup, in Abidjan,
    which keeps UTC all year. A departure in the last minute (`time_to`) is within. Francs per seat.
    """

    id: UUID
    user_id: UUID
    origin_point: Point
    origin_text: str | None
    destination_point: Point
    destination_text: str | None
    radius_m: int
    days: list[int] = field(default_factory=list)
    time_from: time | None = None
    time_to: time | None = None
    seats: int = 1
    price_max: int | None = None
    expires_at: datetime
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def wants(self, leg: Leg, *, bookable: int, at: datetime) -> bool:
        """Whether a ride that has so many seats left at that instant is what was looked for."""
        pickup, dropoff = leg.pickup, leg.dropoff
        return (
            at <= pickup.at
            and self.is_live(at)
            and pickup.point.distance_m(self.origin_point) <= self.radius_m
            and dropoff.point.distance_m(self.destination_point) <= self.radius_m
            and self._suits(pickup.at)
            and bookable >= self.seats
            and (self.price_max is None or leg.price <= self.price_max)
        )

    def nearness(self, leg: Leg) -> tuple[float, int, int, int]:
        """The least is the ride that stands for its trip, as in a search."""
        metres = leg.pickup.point.distance_m(self.origin_point) + leg.dropoff.point.distance_m(self.destination_point)
        return metres, -leg.price, leg.ride.board, leg.ride.alight

    def is_live(self, at: datetime) -> bool:
        """Whether it still looks."""
        return at < self.expires_at

    def _suits(self, departure: datetime) -> bool:
        local = departure.astimezone(UTC)
        minute = local.time().replace(second=0, microsecond=0)
        return (
            (not self.days or local.isoweekday() in self.days)
            and (self.time_from is None or minute >= self.time_from)
            and (self.time_to is None or minute <= self.time_to)
        )


def alert_end(at: datetime) -> datetime:
    """Until when an alert looks that is made then."""
    return at + ALERT_TTL
