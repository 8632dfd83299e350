"""Search in memory: the definition that PostgreSQL's index must agree with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from allonova.adapters.memory.listing import ordered
from allonova.application.carpool.ports import Search
from allonova.application.carpool.views import Hit, TripView, hit_view
from allonova.application.kernel.listing import Page, Sort
from allonova.domain.carpool.trip import Leg, Trip, TripStatus
from allonova.domain.carpool.vehicle import Vehicle
from allonova.domain.identity.user import User


@dataclass(frozen=True, slots=True)
class Candidate:
    """A leg that somebody could book, and how far its ends are from those asked for."""

    trip: Trip
    driver: User
    leg: Leg
    pickup_m: float
    dropoff_m: float

    @property
    def distance_m(self) -> float:
        """Metres to walk or ride at both ends together."""
        return self.pickup_m + self.dropoff_m


FIELDS: Mapping[str, Callable[[Candidate], Any]] = {
    "id": lambda candidate: candidate.trip.id,
    "departure_time": lambda candidate: candidate.leg.pickup.at,
    "price": lambda candidate: candidate.leg.price,
    "distance": lambda candidate: candidate.distance_m,
    "rating": lambda candidate: candidate.driver.rating_avg,
}


def found(
    rides: Iterable[tuple[Trip, User, Vehicle]], search: Search, *, show: Callable[[Trip], TripView]
) -> Page[Hit]:
    """Filters first, then the nearest leg of each trip, then order and page."""
    nearest: list[Candidate] = []
    for trip, driver, vehicle in rides:
        if not _suits(search, trip, driver, vehicle):
            continue
        legs = [candidate for leg in trip.legs() if (candidate := _candidate(search, trip, driver, leg))]
        nearest += sorted(legs, key=lambda c: (c.distance_m, c.leg.ride.board, c.leg.ride.alight))[:1]
    ranked = ordered(nearest, search.sort or (Sort("departure_time"),), FIELDS)
    start = (search.page - 1) * search.page_size
    return Page([_hit(candidate, show) for candidate in ranked[start : start + search.page_size]], len(ranked))


def _suits(search: Search, trip: Trip, driver: User, vehicle: Vehicle) -> bool:
    return (
        trip.status is TripStatus.PUBLISHED
        and trip.driver_id != search.viewer_id
        and (search.comfort is None or vehicle.comfort_level is search.comfort)
        and (search.driver_rating is None or float(driver.rating_avg) >= search.driver_rating)
    )


def _candidate(search: Search, trip: Trip, driver: User, leg: Leg) -> Candidate | None:
    candidate = Candidate(
        trip, driver, leg, leg.pickup.point.distance_m(search.start), leg.dropoff.point.distance_m(search.end)
    )
    matches = (
        search.earliest <= leg.pickup.at < search.latest
        and max(candidate.pickup_m, candidate.dropoff_m) <= search.radius_m
        and (search.price_min is None or leg.price >= search.price_min)
        and (search.price_max is None or leg.price <= search.price_max)
        and trip.bookable(leg.ride) >= search.seats
    )
    return candidate if matches else None


def _hit(candidate: Candidate, show: Callable[[Trip], TripView]) -> Hit:
    return hit_view(
        show(candidate.trip),
        candidate.leg,
        bookable=candidate.trip.bookable(candidate.leg.ride),
        pickup_m=candidate.pickup_m,
        dropoff_m=candidate.dropoff_m,
    )
