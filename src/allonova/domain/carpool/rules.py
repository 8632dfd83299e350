"""The figures of the carpool business, with the defaults of allocar.md and money.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.money import percent_of

MAX_AHEAD = timedelta(days=180)  # allocar.md, Vehicles and trips
PENDING_TTL = timedelta(hours=24)  # allocar.md, Bookings: expire
CHECKIN_OPENS = timedelta(hours=2)  # before departure
CHECKIN_CLOSES = timedelta(hours=6)  # after departure
CHECKIN_WINDOW = timedelta(minutes=10)  # wrong codes are counted over it
CHECKIN_TRIES = 5
UNPAID_LIMIT = 5  # seeds/allocar.txt, Anti-fraude: 5 unpaid bookings in 24 h
UNPAID_WINDOW = timedelta(hours=24)
DEFAULT_RADIUS_KM = 25
MAX_RADIUS_KM = 100
MAX_STOPS = 10


@dataclass(frozen=True, slots=True)
class Corridor:
    """Two areas between which a seat's price has bounds, both ways. Francs per seat for the whole trip."""

    id: str
    start: Point
    end: Point
    radius_m: int
    floor: int
    ceiling: int

    def covers(self, origin: Point, destination: Point) -> bool:
        """Whether a trip from one area to the other, either way."""
        ways = ((origin, destination), (destination, origin))
        return any(
            a.distance_m(self.start) <= self.radius_m and b.distance_m(self.end) <= self.radius_m for a, b in ways
        )


ABIDJAN_YAMOUSSOUKRO = Corridor(  # money.md, Fees and cancellation
    "abidjan-yamoussoukro", Point(5.3575, -4.0083), Point(6.8190, -5.2760), 25_000, 3_000, 10_000
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Settings of the back office."""

    commission_percent: int = 10
    commission_fixed: int = 0
    hold_minutes: int = 30
    require_kyc_for_driver: bool = True
    allow_auto_accept: bool = True
    corridors: tuple[Corridor, ...] = (ABIDJAN_YAMOUSSOUKRO,)

    @property
    def hold(self) -> timedelta:
        """How long accepted seats wait for the money."""
        return timedelta(minutes=self.hold_minutes)

    def commission(self, amount: int) -> int:
        """The platform's part of a fare: half up to whole francs, never more than the fare."""
        return min(amount, percent_of(amount, self.commission_percent) + self.commission_fixed)
