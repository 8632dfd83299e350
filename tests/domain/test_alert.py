"""Which rides a kept search is told of."""

from __future__ import annotations

import math
from datetime import datetime, time, timedelta, timezone
from typing import Any

import pytest

from allonova.domain.carpool.alert import Alert, alert_end
from allonova.domain.carpool.trip import Leg
from allonova.domain.kernel.geo import Point
from tests.support.factories import (
    ABIDJAN,
    BOUAKE,
    DEPARTURE,
    HOUR,
    NOW,
    SECOND,
    TOUMODI,
    a_driver,
    a_stop,
    a_trip,
    a_user,
    an_alert,
)

DAY = 24 * HOUR
NEAR_ABIDJAN = Point(ABIDJAN.lat + 0.1, ABIDJAN.lon)
WHOLE = a_trip(a_driver()).leg(None, None)


def wants(alert: Alert, leg: Leg = WHOLE, *, bookable: int = 3, at: datetime = NOW) -> bool:
    return alert.wants(leg, bookable=bookable, at=at)


def a_search(**given: Any) -> Alert:
    return an_alert(a_user(), **({"destination_point": WHOLE.dropoff.point} | given))


@pytest.mark.parametrize("end", ["origin_point", "destination_point"])
def test_told_of_rides_within_the_radius_of_both_ends(end: str) -> None:
    point = ABIDJAN if end == "origin_point" else WHOLE.dropoff.point
    off = Point(point.lat + 0.1, point.lon)
    metres = off.distance_m(point)
    assert wants(a_search(**{end: off}, radius_m=math.ceil(metres)))
    assert not wants(a_search(**{end: off}, radius_m=math.floor(metres)))
    assert wants(a_search(radius_m=0))


def test_told_until_the_search_ends_and_the_car_has_left() -> None:
    assert wants(a_search(expires_at=NOW + SECOND))
    assert not wants(a_search(expires_at=NOW))
    assert wants(a_search(), at=DEPARTURE)
    assert not wants(a_search(), at=DEPARTURE + SECOND)
    assert alert_end(NOW) == NOW + 90 * DAY


def test_told_when_there_are_seats_enough_at_the_price() -> None:
    assert wants(a_search(seats=2), bookable=2)
    assert not wants(a_search(seats=3), bookable=2)
    assert wants(a_search(price_max=6_000))
    assert not wants(a_search(price_max=5_999))


@pytest.mark.parametrize(
    ("given", "is_told"),
    [
        ({"days": [4]}, True),  # 2 October 2025 is a Thursday
        ({"days": [1, 4, 7]}, True),
        ({"days": [1, 2, 3, 5, 6, 7]}, False),
        ({"time_from": time(8, 30)}, True),
        ({"time_from": time(8, 31)}, False),
        ({"time_to": time(8, 30)}, True),
        ({"time_to": time(8, 29)}, False),
        ({"time_from": time(8, 0), "time_to": time(9, 0), "days": [4]}, True),
        ({"time_from": time(8, 0), "time_to": time(9, 0), "days": [5]}, False),
    ],
)
def test_told_of_the_days_and_times_looked_for(given: dict[str, Any], is_told: bool) -> None:
    late = timedelta(seconds=59, microseconds=1)
    for departure in (DEPARTURE, DEPARTURE + late, (DEPARTURE + late).astimezone(timezone(12 * HOUR))):
        assert wants(a_search(**given), a_trip(a_driver(), departure_time=departure).leg(None, None)) is is_told


def test_the_nearest_ride_stands_for_its_trip_and_of_equals_the_cheapest_place() -> None:
    trip = a_trip(a_driver(), stops=[a_stop()])
    alert = a_search(origin_point=NEAR_ABIDJAN, destination_point=BOUAKE)
    leg = trip.leg(trip.stops[0].id, None)
    metres = TOUMODI.distance_m(NEAR_ABIDJAN) + trip.destination_point.distance_m(BOUAKE)
    assert alert.nearness(leg) == (metres, -2_000, 1, 2)
    assert min(trip.legs(), key=alert.nearness).ride == trip.leg(None, None).ride
