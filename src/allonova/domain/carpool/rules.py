"""The figures of the carpool business, with the defaults of allocar.md and money.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.money import percent_of

MAX_AHEAD = timedelta(days=180)  # allocar.md, Vehicles and trips
MAX_SHIFT = timedelta(minutes=30)  # of a departure that was promised
PENDING_TTL = timedelta(hours=24)  # allocar.md, Bookings: expire
CHECKIN_OPENS = timedelta(hours=2)  # before departure
CHECKIN_CLOSES = timedelta(hours=6)  # after departure
NO_SHOW_AFTER = timedelta(minutes=30)  # after departure the driver may say that a passenger did not come
DRIVER_NO_SHOW_AFTER = timedelta(minutes=15)  # after departure the passenger may say that no driver came
ANSWER_TTL = timedelta(hours=24)  # for the driver's word, once the sides were asked
COMPLETE_AFTER = timedelta(hours=24)  # after arrival a ride that nobody ended is complete
EMPTY_TRIP_AFTER = timedelta(hours=6)  # after arrival a trip without passengers is over
RATING_WINDOW = timedelta(days=14)  # allocar.md, Ratings: after the end of the ride
PENALTY_WINDOW = timedelta(hours=24)  # money.md: a driver who cancels later than this before departure is fined
CHECKIN_WINDOW = timedelta(minutes=10)  # wrong codes are counted over it
CHECKIN_TRIES = 5
UNPAID_LIMIT = 5  # seeds/allocar.txt, Anti-fraude: 5 unpaid bookings in 24 h
UNPAID_WINDOW = timedelta(hours=24)
DEFAULT_RADIUS_KM = 25
MAX_RADIUS_KM = 100
MAX_STOPS = 10
MAX_ALERTS = 20  # of one person at a time (docs/decisions/0054)
ALERT_TTL = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class CancelWindow:
    """A passenger who cancels less than `hours_before` departure loses `fee_percent` of what he paid."""

    hours_before: int
    fee_percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a corridor does otherwise than the rest; None is as everywhere."""

    commission_percent: int | None = None
    commission_fixed: int | None = None
    cancel_windows: tuple[CancelWindow, ...] | None = None
    no_show_percent: int | None = None
    driver_penalty: int | None = None


@dataclass(frozen=True, slots=True)
class Corridor:
    """Two areas between which a seat's price has bounds, both ways, and some things may cost otherwise than elsewhere.
    Francs per seat for the whole trip.
    """

    id: str
    start: Point
    end: Point
    radius_m: int
    floor: int
    ceiling: int
    terms: Terms = Terms()
    start_text: str = ""
    end_text: str = ""

    def covers(self, origin: Point, destination: Point) -> bool:
        """Whether a trip from one area to the other, either way."""
        ways = ((origin, destination), (destination, origin))
        return any(
            a.distance_m(self.start) <= self.radius_m and b.distance_m(self.end) <= self.radius_m for a, b in ways
        )


ABIDJAN_YAMOUSSOUKRO = Corridor(  # money.md, Fees and cancellation
    "abidjan-yamoussoukro",
    Point(5.3575, -4.0083),
    Point(6.8190, -5.2760),
    radius_m=25_000,
    floor=3_000,
    ceiling=10_000,
    start_text="Abidjan",
    end_text="Yamoussoukro",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Settings of the back office about rides and their prices."""

    commission_percent: int = 10
    commission_fixed: int = 0
    hold_minutes: int = 30
    cancel_windows: tuple[CancelWindow, ...] = (CancelWindow(24, 30), CancelWindow(2, 50))
    no_show_percent: int = 100
    driver_penalty: int = 1_000
    price_per_km: int = 25  # what a hint is made of where trips say nothing (docs/decisions/0076)
    require_kyc_for_driver: bool = True
    allow_auto_accept: bool = True
    corridors: tuple[Corridor, ...] = (ABIDJAN_YAMOUSSOUKRO,)

    def between(self, origin: Point, destination: Point) -> Rules:
        """The rules of the corridor from the one to the other, where there is one: the first that covers both."""
        corridor = next((one for one in self.corridors if one.covers(origin, destination)), None)
        if corridor is None or corridor.terms == Terms():
            return self
        terms = corridor.terms
        return replace(
            self,
            commission_percent=_or(terms.commission_percent, self.commission_percent),
            commission_fixed=_or(terms.commission_fixed, self.commission_fixed),
            cancel_windows=_or(terms.cancel_windows, self.cancel_windows),
            no_show_percent=_or(terms.no_show_percent, self.no_show_percent),
            driver_penalty=_or(terms.driver_penalty, self.driver_penalty),
        )

    @property
    def hold(self) -> timedelta:
        """How long accepted seats wait for the money."""
        return timedelta(minutes=self.hold_minutes)

    def commission(self, amount: int) -> int:
        """The platform's part of a fare: half up to whole francs, never more than the fare."""
        return min(amount, percent_of(amount, self.commission_percent) + self.commission_fixed)

    def passenger_fee(self, amount: int, departure: datetime, at: datetime) -> int:
        """What a passenger loses who cancels: by the narrowest window he is in; once the car has left, a no-show's."""
        if at >= departure:
            return self.no_show_fee(amount)
        open_windows = [w for w in self.cancel_windows if departure - at < timedelta(hours=w.hours_before)]
        narrowest = min(open_windows, key=lambda window: window.hours_before, default=None)
        return 0 if narrowest is None else percent_of(amount, narrowest.fee_percent)

    def no_show_fee(self, amount: int) -> int:
        """What a passenger loses who does not come."""
        return percent_of(amount, self.no_show_percent)

    def penalty(self, departure: datetime, at: datetime) -> int:
        """What a driver owes who cancels a paid ride."""
        return self.driver_penalty if departure - at < PENALTY_WINDOW else 0


def _or[T](own: T | None, general: T) -> T:
    return general if own is None else own


type RulesNow = Callable[[], Rules]
"""The rules as they stand: settings may change while the service runs."""
