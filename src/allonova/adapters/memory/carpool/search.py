"""Search in memory: the definition that PostgreSQL's index must agree with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.listing import ordered
from allonova.application.carpool.ports import RIDES_IN_AREA, Search
from allonova.application.carpool.search_order import RANK, ranked
from allonova.application.carpool.views import Hit, TripView, hit_view
from allonova.application.kernel.listing import Page
from allonova.domain.carpool.trip import Leg, Trip, TripStatus
from allonova.domain.carpool.vehicle import Vehicle
from allonova.domain.identity.user import User
from allonova.domain.kernel.geo import Point


@dataclass(frozen=True, slots=True)
class Candidate:
    """A leg that somebody could book, and how far its ends are from those asked for."""

    trip: Trip
    driver: User
    vehicle: Vehicle
    leg: Leg
    pickup_m: float | None
    dropoff_m: float | None

    @property
    def distance_m(self) -> float | None:
        """Metres to walk or ride at both ends together, as far as they were asked for."""
        known = [metres for metres in (self.pickup_m, self.dropoff_m) if metres is not None]
        return sum(known) if known else None

    @property
    def is_behind(self) -> bool:
        """Whether it leaves while its driver is put after others."""
        until = self.driver.demoted_until
        return until is not None and until > self.leg.pickup.at

    @property
    def nearness(self) -> tuple[float, int, int, int]:
        """The least is the one that stands for its trip."""
        return self.distance_m or 0, -self.leg.price, self.leg.ride.board, self.leg.ride.alight


FIELDS: Mapping[str, Callable[[Candidate], Any]] = {
    "id": lambda candidate: candidate.trip.id,
    "departure_time": lambda candidate: candidate.leg.pickup.at,
    "price": lambda candidate: candidate.leg.price,
    "distance": lambda candidate: candidate.distance_m,
    "rating": lambda candidate: candidate.driver.rating_avg,
    RANK: lambda candidate: candidate.is_behind,
}


def found(
    rides: Iterable[tuple[Trip, User, Vehicle]], search: Search, *, show: Callable[[Trip], TripView]
) -> Page[Hit]:
    """Filters first, then the nearest leg of each trip, then order and page."""
    looked_at = [_candidate(search, ride, leg) for ride in rides for leg in _published(ride[0]) if _lies(search, leg)]
    if search.area is not None:
        looked_at = sorted(looked_at, key=lambda candidate: candidate.leg.pickup.at)[:RIDES_IN_AREA]
    by_trip: dict[UUID, list[Candidate]] = {}
    for candidate in looked_at:
        if _suits(search, candidate):
            by_trip.setdefault(candidate.trip.id, []).append(candidate)
    nearest = [min(legs, key=attrgetter("nearness")) for legs in by_trip.values()]
    in_order = ordered(nearest, ranked(search.sort), FIELDS)
    start = (search.page - 1) * search.page_size
    return Page([_hit(candidate, show) for candidate in in_order[start : start + search.page_size]], len(in_order))


def _published(trip: Trip) -> Iterable[Leg]:
    return trip.legs() if trip.status is TripStatus.PUBLISHED else ()


def _candidate(search: Search, ride: tuple[Trip, User, Vehicle], leg: Leg) -> Candidate:
    start, end = leg.pickup.point, leg.dropoff.point
    return Candidate(*ride, leg, _metres(start, search.start), _metres(end, search.end))


def _lies(search: Search, leg: Leg) -> bool:
    """Where and when it was asked for."""
    start, end = leg.pickup.point, leg.dropoff.point
    metres = (_metres(start, search.start) or 0, _metres(end, search.end) or 0)
    return (
        search.earliest <= leg.pickup.at < search.latest
        and max(metres) <= search.radius_m
        and (search.area is None or (search.area.holds(start) and search.area.holds(end)))
    )


def _suits(search: Search, candidate: Candidate) -> bool:
    """All that is left to ask."""
    trip, leg = candidate.trip, candidate.leg
    return (
        trip.driver_id != search.viewer_id
        and (search.comfort is None or candidate.vehicle.comfort_level is search.comfort)
        and (search.driver_rating is None or float(candidate.driver.rating_avg) >= search.driver_rating)
        and (search.price_min is None or leg.price >= search.price_min)
        and (search.price_max is None or leg.price <= search.price_max)
        and trip.bookable(leg.ride) >= search.seats
    )


def _metres(here: Point, there: Point | None) -> float | None:
    return None if there is None else here.distance_m(there)


def _hit(candidate: Candidate, show: Callable[[Trip], TripView]) -> Hit:
    return hit_view(
        show(candidate.trip),
        candidate.leg,
        bookable=candidate.trip.bookable(candidate.leg.ride),
        pickup_m=candidate.pickup_m,
        dropoff_m=candidate.dropoff_m,
    )
