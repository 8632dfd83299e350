"""Which rides a kept search is told of, and the positions, links and messages around a ride."""

from __future__ import annotations

import math
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

import pytest

from allonova.domain.carpool.alert import Alert, alert_end
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.carpool.location import DriverLocation, Fix, Window, around, driven_m, driving_window, ride_window
from allonova.domain.carpool.ride_link import NotShareable, RideLink, link_ends_at, require_shareable
from allonova.domain.carpool.trip import Leg
from allonova.domain.kernel.geo import Point
from tests.support.factories import (
    ABIDJAN,
    BOUAKE,
    DEPARTURE,
    HOUR,
    MINUTE,
    NDOUCI,
    NOW,
    SECOND,
    TOUMODI,
    a_driver,
    a_stop,
    a_trip,
    a_user,
    an_alert,
    new_id,
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


def test_followed_from_a_day_before_departure_to_a_day_after_arrival() -> None:
    arrival = DEPARTURE + 3 * HOUR
    assert driving_window(DEPARTURE, arrival) == Window(DEPARTURE - DAY, arrival + DAY)
    assert around(DEPARTURE) == Window(DEPARTURE - 30 * MINUTE, DEPARTURE + 30 * MINUTE)


@pytest.mark.parametrize(("checked_in", "since"), [(None, -30), (-120, -120), (-30, -30), (10, -30)])
def test_of_the_drivers_way_a_passenger_sees_his_own_ride(checked_in: int | None, since: int) -> None:
    arrival = DEPARTURE + 3 * HOUR
    checked_in_at = None if checked_in is None else DEPARTURE + checked_in * MINUTE
    for ended_at, until in ((None, arrival + 6 * HOUR), (arrival - HOUR, arrival - HOUR)):
        window = ride_window(DEPARTURE, arrival, checked_in_at=checked_in_at, ended_at=ended_at)
        assert window == Window(DEPARTURE + since * MINUTE, until)


def test_position_says_nothing_of_now_after_two_minutes() -> None:
    fix = Fix(driver_id=new_id(), point=ABIDJAN, at=NOW)
    assert fix.is_fresh(NOW)
    assert fix.is_fresh(NOW + 2 * MINUTE)
    assert not fix.is_fresh(NOW + 2 * MINUTE + SECOND)


def seen(*points: Point) -> list[DriverLocation]:
    driver, trip = new_id(), new_id()
    return [DriverLocation(id=new_id(), trip_id=trip, driver_id=driver, point=one, created_at=NOW) for one in points]


def test_small_steps_add_up_until_they_are_a_stride() -> None:
    steps = [Point(5.0, -4.0 + n * 0.0001) for n in range(11)]  # eleven metres each
    whole = steps[0].distance_m(steps[9])
    assert driven_m(seen(*steps)) == round(whole)
    assert driven_m(seen(*steps[:3])) == 0
    assert driven_m(seen(ABIDJAN, NDOUCI, ABIDJAN)) == round(2 * ABIDJAN.distance_m(NDOUCI))
    assert driven_m([]) == 0
    kept = seen(ABIDJAN)[0]
    assert kept.fix == Fix(driver_id=kept.driver_id, point=ABIDJAN, at=NOW)


def test_a_ride_is_followed_only_while_it_is_paid_and_not_over() -> None:
    require_shareable(BookingStatus.PAID)
    for status in BookingStatus:
        if status is not BookingStatus.PAID:
            with pytest.raises(NotShareable) as refused:
                require_shareable(status)
            assert refused.value.status == status
    arrival = datetime(2025, 10, 2, 11, 30, tzinfo=UTC)
    assert link_ends_at(arrival) == arrival + DAY
    link = RideLink(
        id=new_id(), booking_id=new_id(), token_hash="h", expires_at=arrival, created_at=NOW, updated_at=NOW
    )
    link.revoke(NOW + HOUR)
    assert link.revoked_at == link.updated_at == NOW + HOUR
